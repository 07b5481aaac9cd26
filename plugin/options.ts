import { InvalidRequestError } from '../lib/errors.ts'
import { type LossModel, QUEUES } from '../lib/plan/link.ts'
import { PROFILES } from '../lib/profiles.ts'
import {
  parseDuration,
  parseDurationFrom,
  parseInteger,
  parsePercent,
  parseRate,
  parseSize,
  parseWord,
} from '../lib/units.ts'

export type Scope = 'network' | 'attachment'

/** One driver option: how it is read, and all that the documents say of it. */
export interface Option<T> {
  readonly scopes: readonly Scope[]
  /** what is expected, for the documents */
  readonly value: string
  readonly default: string
  readonly meaning: string
  /** @throws {InvalidRequestError} without the option's name, which is put before it */
  readonly parse: (text: string) => T
}

const LINK: readonly Scope[] = ['network', 'attachment']
const NETWORK: readonly Scope[] = ['network']

const option = <T>(
  scopes: readonly Scope[],
  parse: (text: string) => T,
  doc: { value: string; default: string; meaning: string },
): Option<T> => ({ scopes, parse, ...doc })

const RATE_VALUE =
  'bit rate, 8kbit to 400gbit: `10mbit`, `1.5gbit`, `64kibit`; in bytes a second `12mbyte`, `12mibyte`'
const DURATION_VALUE = 'duration, at most an hour: `20ms`, `1.5s`, `300us`'
const PERCENT_VALUE = 'percent: `0.5%`'
const NO_CAP = 'no cap'
const NONE = 'none'

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

function parseBoolean(text: string): boolean {
  // As Go's strconv.ParseBool, which reads these for Docker's own driver.
  if (/^(1|t|true)$/i.test(text)) return true
  if (/^(0|f|false)$/i.test(text)) return false
  throw new InvalidRequestError(`expected true or false, got "${text.slice(0, 40)}"`)
}

function parseMtu(text: string): number {
  const mtu = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (mtu >= 68 && mtu <= 65_535) return mtu
  throw new InvalidRequestError(`expected bytes from 68 to 65535, got "${text.slice(0, 40)}"`)
}

/** 15 bytes and none of what the kernel, `ip -batch` or a set of nft's would take for something else. */
const interfaceName = (longest: number) => (text: string) => {
  if (new RegExp(`^[A-Za-z0-9_.-]{1,${longest}}$`).test(text) && !/^\.\.?$|^-/.test(text)) return text
  throw new InvalidRequestError(
    `expected an interface's name, at most ${longest} of letters, digits, "_", "." and "-", got "${text.slice(0, 40)}"`,
  )
}

/** Takes part in the engine's own work and is not ours to read. */
const engines = option(NETWORK, () => undefined, {
  value: 'as Docker',
  default: 'as Docker',
  meaning: 'carried out by the engine itself',
})

/**
 * Every option there is. What is not here is refused; the documents are generated from here.
 * Keys are read without regard to case.
 */
export const OPTIONS = {
  rate: option(LINK, parseRate, {
    value: RATE_VALUE,
    default: NO_CAP,
    meaning:
      'cap on what the container sends, and on what it receives; an attachment’s stands over the network’s rate.up and rate.down too',
  }),
  'rate.up': option(LINK, parseRate, {
    value: RATE_VALUE,
    default: '`rate`',
    meaning: 'cap on what the container sends',
  }),
  'rate.down': option(LINK, parseRate, {
    value: RATE_VALUE,
    default: '`rate`',
    meaning: 'cap on what the container receives',
  }),
  burst: option(LINK, parseSize, {
    value: 'size in bytes, at least one frame: `64kb`, `1mib`',
    default: 'the larger of 2·(MTU+14) and 4 ms at the rate',
    meaning: 'sent at once after a pause',
  }),
  queue: option(LINK, parseWord(QUEUES), {
    value: QUEUES.map((kind) => `\`${kind}\``).join(', '),
    default: 'the first of these that the kernel has; without any, a plain queue counted in bytes',
    meaning: 'what packets wait in under the cap',
  }),
  'queue.limit': option(LINK, parseDurationFrom(100), {
    value: 'duration, 100us to an hour: `5ms`',
    default: '`10ms`',
    meaning:
      'longest that a packet may wait under the cap; room for four frames is always there, and by default for the burst too',
  }),
  delay: option(LINK, parseDuration, {
    value: DURATION_VALUE,
    default: NONE,
    meaning: 'one way, in each direction: a round trip takes twice as much longer',
  }),
  'delay.up': option(LINK, parseDuration, {
    value: DURATION_VALUE,
    default: '`delay`',
    meaning: 'of what the container sends',
  }),
  'delay.down': option(LINK, parseDuration, {
    value: DURATION_VALUE,
    default: '`delay`',
    meaning: 'of what the container receives',
  }),
  jitter: option(LINK, parseDuration, {
    value: DURATION_VALUE,
    default: NONE,
    meaning:
      'how far single packets’ delays differ from `delay`; packets overtake each other if it is more than their distance',
  }),
  'delay.correlation': option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: '`0%`',
    meaning: 'how much a packet’s delay follows from the last one’s',
  }),
  'delay.distribution': option(LINK, parseWord(['uniform', 'normal', 'pareto', 'paretonormal']), {
    value: '`uniform`, `normal`, `pareto`, `paretonormal`',
    default: '`uniform`',
    meaning: 'how the jitter is spread',
  }),
  loss: option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: NONE,
    meaning: 'packets lost at random, in each direction',
  }),
  'loss.up': option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: '`loss`',
    meaning: 'of what the container sends',
  }),
  'loss.down': option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: '`loss`',
    meaning: 'of what the container receives',
  }),
  'loss.correlation': option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: '`0%`',
    meaning:
      'how much a packet’s loss follows from the last one’s; netem then draws near the middle, so that a small loss hardly ever comes up: `loss.model` is the better choice',
  }),
  'loss.model': option(LINK, parseLossModel, {
    value:
      '`gemodel:p:r:1-h:1-k` or `state:p13:p31:p32:p23:p14` in percent, the tail optional: `gemodel:1:10`',
    default: NONE,
    meaning: 'loss in bursts, instead of `loss`: Gilbert-Elliott or four states, as tc-netem(8) has them',
  }),
  duplicate: option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: NONE,
    meaning: 'packets that arrive twice, in each direction; not together with `network.rate` or `uplink.*`',
  }),
  corrupt: option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: NONE,
    meaning: 'packets with one wrong bit, in each direction',
  }),
  reorder: option(LINK, parsePercent, {
    value: PERCENT_VALUE,
    default: NONE,
    meaning: 'packets that skip the delay, and so overtake; in each direction that has a delay',
  }),
  'reorder.gap': option(LINK, parseInteger({ least: 1, most: 1_000_000 }), {
    value: 'packets, 1 to 1000000',
    default: '1',
    meaning: 'only every so many packets may skip the delay',
  }),
  seed: option(LINK, parseInteger({ least: 0, most: Number.MAX_SAFE_INTEGER }), {
    value: 'whole number, 0 to 9007199254740991',
    default: 'another one each time',
    meaning:
      'the same impairments in every run; each attachment’s own is derived from it and from the container’s address. Needs Linux 6.6 and iproute2 6.6',
  }),
  link: option(LINK, parseWord(Object.keys(PROFILES)), {
    value: Object.keys(PROFILES)
      .map((name) => `\`${name}\``)
      .join(', '),
    default: NONE,
    meaning:
      'a ready-made set of the options above, listed by `docker sluice profiles`; single keys override it',
  }),
  min: option(LINK, parseRate, {
    value: RATE_VALUE,
    default: 'an equal part of what those with a `min` leave',
    meaning: 'guaranteed to this attachment out of `network.rate`',
  }),
  priority: option(LINK, parseInteger({ least: 0, most: 7 }), {
    value: '0 (first) to 7',
    default: '4',
    meaning: 'who borrows first what others leave of `network.rate`',
  }),
  'network.rate': option(NETWORK, parseRate, {
    value: RATE_VALUE,
    default: NO_CAP,
    meaning:
      'one cap on what all members send: each is entitled to its `min`, and borrows what others leave in equal turns',
  }),
  'uplink.rate': option(NETWORK, parseRate, {
    value: RATE_VALUE,
    default: NO_CAP,
    meaning:
      'cap on what passes between the network and everything outside it, in each direction; traffic among members is not touched. An attachment’s own `rate.up`, and its part of `network.rate`, then hold for each of the two by itself',
  }),
  'uplink.rate.up': option(NETWORK, parseRate, {
    value: RATE_VALUE,
    default: '`uplink.rate`',
    meaning: 'cap on what leaves the network; `uplink.up` is short for it',
  }),
  'uplink.rate.down': option(NETWORK, parseRate, {
    value: RATE_VALUE,
    default: '`uplink.rate`',
    meaning: 'cap on what comes into the network; `uplink.down` is short for it',
  }),
  'uplink.delay': option(NETWORK, parseDuration, {
    value: DURATION_VALUE,
    default: NONE,
    meaning: 'one way, in each direction',
  }),
  'uplink.jitter': option(NETWORK, parseDuration, {
    value: DURATION_VALUE,
    default: NONE,
    meaning: 'how far single packets’ delays differ from `uplink.delay`',
  }),
  'uplink.loss': option(NETWORK, parsePercent, {
    value: PERCENT_VALUE,
    default: NONE,
    meaning: 'packets lost at random, in each direction',
  }),
  'com.docker.network.bridge.name': option(NETWORK, interfaceName(15), {
    value: "an interface's name, at most 15 characters",
    default: '`sl-` and 12 digits of the network id',
    meaning: "the bridge's name; one that is taken is an error",
  }),
  'com.docker.network.bridge.enable_ip_masquerade': option(NETWORK, parseBoolean, {
    value: '`true` or `false`',
    default: '`true`',
    meaning: "what leaves the network gets the host's address",
  }),
  'com.docker.network.bridge.inhibit_ipv4': option(NETWORK, parseBoolean, {
    value: '`true` or `false`',
    default: '`false`',
    meaning: 'the bridge gets no IPv4 address',
  }),
  'com.docker.network.driver.mtu': option(NETWORK, parseMtu, {
    value: 'bytes, 68 to 65535',
    default: 'that of the default route',
    meaning: 'MTU of the bridge and of every link',
  }),
  'com.docker.network.container_iface_prefix': option(NETWORK, interfaceName(12), {
    value: 'at most 12 characters',
    default: '`eth`',
    meaning: "beginning of the interface's name in the container",
  }),
  'com.docker.network.enable_ipv4': engines,
  'com.docker.network.enable_ipv6': engines,
  'com.docker.network.advertise_addr_nmsgs': engines,
  'com.docker.network.advertise_addr_ms': engines,
} as const satisfies Readonly<Record<string, Option<unknown>>>

export type OptionName = keyof typeof OPTIONS

/** Other names of options. */
const SHORT: Readonly<Record<string, OptionName>> = {
  'uplink.up': 'uplink.rate.up',
  'uplink.down': 'uplink.rate.down',
}

/** A key as the table has it: in lower case, and by its full name. */
export const fullName = (written: string): string => {
  const key = written.toLowerCase()
  return SHORT[key] ?? key
}
export type Parsed = { -readonly [K in OptionName]?: NonNullable<ReturnType<(typeof OPTIONS)[K]['parse']>> }

export const isOption = (key: string): key is OptionName => Object.hasOwn(OPTIONS, key)

/** Options that can change while what they were given to lives: ours, not those with Docker's names. */
export const isLive = (key: string): boolean => isOption(key) && !key.startsWith('com.docker.')
