import t from 'tap'
import type { Netem } from '../../../../../lib/kernel/tc/kinds/netem.ts'
import type { Qdisc } from '../../../../../lib/kernel/tc/kinds.ts'
import { place } from '../../../../../lib/kernel/tc/qdisc.ts'
import { typed } from '../../../../support/fake-host.ts'

const IDLE: Netem = {
  kind: 'netem',
  limit: 1000,
  delay: 0,
  jitter: 0,
  correlation: 0,
  loss: 0,
  lossCorrelation: 0,
  duplicate: 0,
  corrupt: 0,
  reorder: 0,
  gap: 0,
}
const REST = 'duplicate 0% corrupt 0% reorder 0%'

const words: Record<string, [Qdisc, string]> = {
  'a bucket': [
    { kind: 'tbf', rate: 10e6, burst: 5000, limit: 12_500 },
    'tbf rate 10000000bit burst 5000b limit 12500b',
  ],
  'the fastest bucket': [
    { kind: 'tbf', rate: 4e11, burst: 1514, limit: 2 ** 24 },
    'tbf rate 400000000000bit burst 1514b limit 16777216b',
  ],
  fq_codel: [
    { kind: 'fq_codel', bytes: 250_000, quantum: 1514, target: 5000, interval: 100_000 },
    'fq_codel memory_limit 250000b quantum 1514 target 5000us interval 100000us drop_batch 8',
  ],
  cake: [
    { kind: 'cake', bytes: 375_000, interval: 100_000 },
    'cake unlimited besteffort no-split-gso rtt 100000us memlimit 375000b',
  ],
  sfq: [{ kind: 'sfq', packets: 83 }, 'sfq limit 83'],
  pfifo: [{ kind: 'pfifo', packets: 8 }, 'pfifo limit 8'],
  bfifo: [{ kind: 'bfifo', bytes: 12_500 }, 'bfifo limit 12500b'],
  'idle netem': [IDLE, `netem limit 1000 delay 0us 0us 0% loss random 0% 0% ${REST}`],
  delay: [
    { ...IDLE, limit: 17_384, delay: 20_000 },
    `netem limit 17384 delay 20000us 0us 0% loss random 0% 0% ${REST}`,
  ],
  jitter: [
    { ...IDLE, delay: 20_000, jitter: 5000, correlation: 25 },
    `netem limit 1000 delay 20000us 5000us 25% loss random 0% 0% ${REST}`,
  ],
  'a distribution': [
    { ...IDLE, delay: 20_000, jitter: 5000, distribution: 'paretonormal' },
    `netem limit 1000 delay 20000us 5000us 0% distribution paretonormal loss random 0% 0% ${REST}`,
  ],
  loss: [
    { ...IDLE, loss: 0.5, lossCorrelation: 25 },
    `netem limit 1000 delay 0us 0us 0% loss random 0.5% 25% ${REST}`,
  ],
  'a Gilbert-Elliott model': [
    { ...IDLE, lossModel: { model: 'gemodel', percents: [1, 25, 50, 0.1] } },
    `netem limit 1000 delay 0us 0us 0% loss gemodel 1% 25% 50% 0.1% ${REST}`,
  ],
  'a Gilbert-Elliott model with a tail left out': [
    { ...IDLE, lossModel: { model: 'gemodel', percents: [1] } },
    `netem limit 1000 delay 0us 0us 0% loss gemodel 1% ${REST}`,
  ],
  'a model of four states': [
    { ...IDLE, lossModel: { model: 'state', percents: [1, 10, 20, 30, 5] } },
    `netem limit 1000 delay 0us 0us 0% loss state 1% 10% 20% 30% 5% ${REST}`,
  ],
  'duplicate and corrupt': [
    { ...IDLE, duplicate: 1, corrupt: 0.001 },
    'netem limit 1000 delay 0us 0us 0% loss random 0% 0% duplicate 1% corrupt 0.001% reorder 0%',
  ],
  'reorder and its gap': [
    { ...IDLE, delay: 10_000, reorder: 25, gap: 5 },
    'netem limit 1000 delay 10000us 0us 0% loss random 0% 0% duplicate 0% corrupt 0% reorder 25% gap 5',
  ],
  'a seed': [
    { ...IDLE, loss: 1, seed: 2 ** 48 - 1 },
    `netem limit 1000 delay 0us 0us 0% loss random 1% 0% ${REST} seed 281474976710655`,
  ],
  'a seed of zero': [
    { ...IDLE, loss: 1, seed: 0 },
    `netem limit 1000 delay 0us 0us 0% loss random 1% 0% ${REST} seed 0`,
  ],
}

for (const [name, [qdisc, expected]] of Object.entries(words))
  t.test(`place() says ${name} in tc's words, in place of what was there`, async (t) => {
    const where = { device: 'sv-1', handle: '1:', qdisc }
    t.equal(
      typed(place({ ...where, parent: 'root' })),
      `tc qdisc replace dev sv-1 root handle 1: ${expected}`,
    )
    t.equal(
      typed(place({ ...where, parent: '1:11', handle: '2011:' })),
      `tc qdisc replace dev sv-1 parent 1:11 handle 2011: ${expected}`,
    )
  })

t.test('place() has no word that a batch would read as two', async (t) => {
  const odd = { ...IDLE, delay: 1, jitter: 1, distribution: 'a b' }
  t.throws(() => place({ device: 'sv-1', parent: 'root', handle: '1:', qdisc: odd }), { name: 'RangeError' })
})
