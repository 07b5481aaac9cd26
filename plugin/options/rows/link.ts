import { QUEUE_ALIASES, QUEUES } from '../../../lib/features/shaping/abilities.ts'
import type { LossModel } from '../../../lib/model/link.ts'
import { InvalidRequestError } from '../../../lib/values/errors.ts'
import { parseDurationFrom, parseInteger, parsePercent, parseSize } from '../../../lib/values/units.ts'
import { durationReadings, modelReadings, sizeReadings } from '../hints/readings.ts'
import { duration, kind, LINK, NO_CAP, NONE, type Options, oneOf, percent, rate } from '../option.ts'
import { PROFILES } from '../profiles.ts'

const MODELS = { gemodel: [1, 4], state: [1, 5] } as const

function parseLossModel(text: string): LossModel {
  const [model = '', ...rest] = text.trim().toLowerCase().split(':')
  if (model === 'gemodel' || model === 'state') {
    const [least, most] = MODELS[model]
    if (rest.length >= least && rest.length <= most)
      return { model, percents: rest.map((one) => parsePercent(one.endsWith('%') ? one : `${one}%`)) }
  }
  throw new InvalidRequestError(
    `expected gemodel:p:r:1-h:1-k or state:p13:p31:p32:p23:p14, got "${text.slice(0, 40)}"`,
  )
}

const size = kind(parseSize, 'size in bytes, at least one frame: `64kb`, `1mib`', sizeReadings)
const limit = kind(parseDurationFrom(100), 'duration, 100us to an hour: `5ms`', durationReadings)
const lossModel = kind(
  parseLossModel,
  '`gemodel:p:r:1-h:1-k` or `state:p13:p31:p32:p23:p14` in percent, the tail optional: `gemodel:1:10`',
  modelReadings,
)
const gap = kind(parseInteger({ least: 1, most: 1_000_000 }), 'packets, 1 to 1000000')
const seed = kind(
  parseInteger({ least: 0, most: Number.MAX_SAFE_INTEGER }),
  'whole number, 0 to 9007199254740991',
)
const priority = kind(parseInteger({ least: 0, most: 7 }), '0 (first) to 7')

/** What a link is: given to a network, it holds for every attachment that has no such option of its own. */
export const LINK_OPTIONS = {
  rate: rate(
    LINK,
    NO_CAP,
    'cap on what the container sends, and on what it receives; an attachment’s stands over the network’s rate.up and rate.down too',
  ),
  'rate.up': rate(LINK, '`rate`', 'cap on what the container sends'),
  'rate.down': rate(LINK, '`rate`', 'cap on what the container receives'),
  burst: size(LINK, 'the larger of 2·(MTU+14) and 4 ms at the rate', 'sent at once after a pause'),
  queue: oneOf(QUEUES, QUEUE_ALIASES)(
    LINK,
    'the first of these that the kernel has; without any, a plain queue counted in bytes',
    'what packets wait in under the cap',
  ),
  'queue.limit': limit(
    LINK,
    '`10ms`',
    'longest that a packet may wait under the cap; four frames always fit, and by default the burst does too. A UDP datagram whose fragments do not all fit is lost: 16 kB at 1 Mbit/s need `200ms`. Where this option is not given, `fq_codel` and `cake` also have room for up to 64 KiB that come at once, as much as 150 ms of the rate, and for a round trip of the link’s own delay. `docker sluice inspect` counts what does not fit as `limit`; more in docs/shaping.md',
  ),
  delay: duration(LINK, NONE, 'one way, in each direction: a round trip takes twice as much longer'),
  'delay.up': duration(LINK, '`delay`', 'of what the container sends'),
  'delay.down': duration(LINK, '`delay`', 'of what the container receives'),
  jitter: duration(
    LINK,
    NONE,
    'how far single packets’ delays differ from `delay`; packets overtake each other if it is more than their distance',
  ),
  'delay.correlation': percent(LINK, '`0%`', 'how much a packet’s delay follows from the last one’s'),
  'delay.distribution': oneOf(['uniform', 'normal', 'pareto', 'paretonormal'], {
    gaussian: 'normal',
    gauss: 'normal',
  })(LINK, '`uniform`', 'how the jitter is spread'),
  loss: percent(LINK, NONE, 'packets lost at random, in each direction'),
  'loss.up': percent(LINK, '`loss`', 'of what the container sends'),
  'loss.down': percent(LINK, '`loss`', 'of what the container receives'),
  'loss.correlation': percent(
    LINK,
    '`0%`',
    'how much a packet’s loss follows from the last one’s; netem then draws near the middle, so that a small loss hardly ever comes up: `loss.model` is the better choice',
  ),
  'loss.model': lossModel(
    LINK,
    NONE,
    'loss in bursts, instead of `loss`: Gilbert-Elliott or four states, as tc-netem(8) has them',
  ),
  duplicate: percent(
    LINK,
    NONE,
    'packets that arrive twice, in each direction; not together with `network.rate` or `uplink.*`',
  ),
  corrupt: percent(LINK, NONE, 'packets with one wrong bit, in each direction'),
  reorder: percent(
    LINK,
    NONE,
    'packets that skip the delay, and so overtake; in each direction that has a delay',
  ),
  'reorder.gap': gap(LINK, '1', 'only every so many packets may skip the delay'),
  seed: seed(
    LINK,
    'another one each time',
    'the same impairments in every run; each attachment’s own is derived from it and from the container’s address. Needs Linux 6.6 and iproute2 6.6',
  ),
  link: oneOf(Object.keys(PROFILES), {
    '4g': 'lte',
    adsl: 'dsl',
    fiber: 'fibre',
    wlan: 'wifi',
    '2g': 'gprs',
  })(
    LINK,
    NONE,
    'a ready-made set of the options above, listed by `docker sluice profiles`; single keys override it',
  ),
  min: rate(
    LINK,
    'an equal part of what those with a `min` leave',
    'guaranteed to this attachment out of `network.rate`',
  ),
  priority: priority(LINK, '4', 'who borrows first what others leave of `network.rate`'),
} as const satisfies Options
