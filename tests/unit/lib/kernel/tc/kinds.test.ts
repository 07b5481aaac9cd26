import t from 'tap'
import type { Netem } from '../../../../../lib/kernel/tc/kinds/netem.ts'
import { KINDS, kindOf, OPTIONAL_KINDS, type Qdisc, queueKind } from '../../../../../lib/kernel/tc/kinds.ts'

const room = { limit: 12_500, burst: 70_000, frame: 1514, wait: 10_000, interval: 100_000 }
const impaired: Netem = {
  ...{ kind: 'netem', limit: 1000, delay: 1, jitter: 1, correlation: 0, loss: 0, lossCorrelation: 0 },
  ...{ duplicate: 0, corrupt: 0, reorder: 0, gap: 0 },
}
const queues: readonly Qdisc[] = KINDS.flatMap((kind) => ('fill' in kind ? [kind.fill(room)] : []))
const qdiscs: readonly Qdisc[] = [
  { kind: 'tbf', rate: 1e6, burst: 1514, limit: 12_500 },
  { kind: 'htb', default: '10' },
  impaired,
  ...queues,
]

t.test('each kind is listed once, and tells tc its own name', async (t) => {
  t.strictSame(
    qdiscs.map(({ kind }) => kind),
    KINDS.map(({ kind }) => kind),
  )
  for (const qdisc of qdiscs) t.match(kindOf(qdisc).words(qdisc), new RegExp(`^${qdisc.kind} `))
  for (const { kind, probe } of OPTIONAL_KINDS) t.equal(probe.split(' ')[0], kind)
})

t.test('no handle below a bucket can be two kinds', async (t) => {
  const below: readonly Qdisc[] = [
    ...['normal', 'pareto', 'paretonormal'].map((distribution) => ({ ...impaired, distribution })),
    ...qdiscs.filter(({ kind }) => kind !== 'htb'),
  ]
  const narrow = below.map((qdisc) => kindOf(qdisc).base(qdisc, false))
  const wide = qdiscs.flatMap((qdisc) => {
    const base = kindOf(qdisc).base(qdisc, true)
    return base === kindOf(qdisc).base(qdisc, false) ? [] : [base]
  })
  const bases = [...narrow, ...wide]
  t.equal(new Set(bases).size, bases.length)
  for (const base of bases) t.equal(base & 0xfff, 0)
})

t.test('queueKind() takes what the user names, or the best that the kernel has', async (t) => {
  t.equal(queueKind('pfifo', []).kind, 'pfifo')
  t.equal(queueKind(undefined, ['cake', 'sfq', 'pfifo']).kind, 'cake')
  t.equal(queueKind(undefined, ['pfifo']).kind, 'bfifo')
})
