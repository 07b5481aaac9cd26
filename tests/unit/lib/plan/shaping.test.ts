import fc from 'fast-check'
import t from 'tap'
import {
  linkShapes,
  planDown,
  planMedium,
  planOffload,
  planUp,
  shapeOf,
} from '../../../../lib/plan/shaping.ts'
import { typed } from '../../../support/fake-host.ts'
import { NETWORK, networkSpec } from '../../../support/messages.ts'

t.test('shapeOf() gives a burst of max(2·(MTU+14), rate·4 ms)', async (t) => {
  const cases: [rate: number, mtu: number, burst: number][] = [
    [8e3, 1500, 3028],
    [1e6, 1500, 3028],
    [6_056_000, 1500, 3028],
    [10e6, 1500, 5000],
    [50e6, 1500, 25_000],
    [1e9, 1500, 500_000],
    [4e11, 1500, 2e8],
    [1e6, 9000, 18_028],
    [1e6, 68, 500],
    [8e3, 68, 164],
  ]
  for (const [rate, mtu, burst] of cases) t.equal(shapeOf(rate, mtu).burst, burst, `${rate} bit/s at ${mtu}`)
  t.equal(shapeOf(10e6, 1500, 1514).burst, 1514, "the user's own is taken as it is")
})

t.test('shapeOf() lets 10 ms wait, and never less than the burst and four frames', async (t) => {
  t.equal(shapeOf(100e6, 1500).limit, 125_000)
  t.equal(shapeOf(1e6, 1500).limit, 3028 + 4 * 1514)
  t.equal(shapeOf(10e6, 1500, 100_000).limit, 100_000 + 4 * 1514)
})

t.test('shapeOf() gives whole positive bytes that hold a frame, for any rate and MTU', async () => {
  const rates = fc.integer({ min: 8e3, max: 4e11 })
  fc.assert(
    fc.property(rates, fc.integer({ min: 68, max: 65_535 }), (rate, mtu) => {
      const { burst, limit } = shapeOf(rate, mtu)
      return (
        [burst, limit].every(Number.isSafeInteger) &&
        burst >= mtu + 14 &&
        burst >= (rate / 8) * 4e-3 &&
        limit > burst
      )
    }),
  )
})

t.test(
  'linkShapes() takes the direction over the rate for both, and leaves out what is not limited',
  async (t) => {
    const rates = (options: Parameters<typeof linkShapes>[0]) => {
      const { up, down } = linkShapes(options, 1500)
      return [up?.rate, down?.rate]
    }
    t.strictSame(rates({}), [undefined, undefined])
    t.strictSame(rates({ rate: 1e6 }), [1e6, 1e6])
    t.strictSame(rates({ 'rate.up': 1e6 }), [1e6, undefined])
    t.strictSame(rates({ 'rate.down': 1e6 }), [undefined, 1e6])
    t.strictSame(rates({ rate: 2e6, 'rate.up': 1e6 }), [1e6, 2e6])
    t.strictSame(
      Object.values(linkShapes({ rate: 1e6, burst: 4000 }, 1500)).map(({ burst }) => burst),
      [4000, 4000],
    )
  },
)

const IFB = 'si-a10000000000'
const tree = (strangers: string): string[] => [
  `ip link add name ${IFB} mtu 1500 txqueuelen 1000 group 20942 type ifb`,
  `ip link set dev ${IFB} addrgenmode none alias sluice/medium/${NETWORK}`,
  `ip link set dev ${IFB} up`,
  `tc qdisc replace dev ${IFB} root handle 1: htb default 10`,
  `tc class replace dev ${IFB} parent 1: classid 1:1 htb rate 400000000000bit burst 1mb cburst 1mb quantum 60000`,
  `tc class replace dev ${IFB} parent 1:1 classid 1:10 htb ${strangers}`,
  `tc filter add dev ${IFB} parent 1: prio 1 handle 2: protocol all u32 divisor 256`,
  `tc filter add dev ${IFB} parent 1: prio 1 handle 800::1 protocol all u32 ht 800: match u32 0 0 hashkey mask 0x00ff0000 at -4 link 2:`,
]

t.test(
  'planMedium() gives an IFB with a tree in which strangers share the rate of the network',
  async (t) => {
    const lines = planMedium(networkSpec({ options: { rate: 10e6 } })).map(({ apply }) => typed(apply))
    t.strictSame(
      lines.toSpliced(6, 1),
      tree('rate 10000000bit ceil 10000000bit burst 5000b cburst 5000b quantum 1514'),
    )
    t.equal(lines[6], `tc qdisc replace dev ${IFB} parent 1:10 handle 10: bfifo limit 12500b`)
  },
)

t.test('planMedium() holds strangers to 1 Mbit/s where the network names no upload rate', async (t) => {
  const lines = planMedium(networkSpec({ options: { 'rate.down': 10e6 } })).map(({ apply }) => typed(apply))
  t.strictSame(
    lines.toSpliced(6, 1),
    tree('rate 1000000bit ceil 1000000bit burst 3028b cburst 3028b quantum 1514'),
  )
})

t.test('planMedium() is taken back by deleting the IFB', async (t) => {
  t.strictSame(
    planMedium(networkSpec()).flatMap(({ revert = [] }) => revert.map(typed)),
    [`ip link del dev ${IFB}`],
  )
})

t.test('planDown() is a token bucket on the host end', async (t) => {
  t.strictSame(
    planDown('sv-1', shapeOf(50e6, 1500)).map(({ apply }) => typed(apply)),
    ['tc qdisc replace dev sv-1 root handle 1: tbf rate 50000000bit burst 25000b limit 62500b'],
  )
})

t.test(
  'planUp() sends what a member sends to its own class, found by its MAC, and takes filter and class back',
  async (t) => {
    const plan = planUp('sv-1', { medium: IFB, slot: 9, mac: '02:42:0a:09:00:fe' }, shapeOf(50e6, 1500))
    t.strictSame(
      plan.map(({ apply }) => typed(apply)),
      [
        `tc class replace dev ${IFB} parent 1:1 classid 1:1a htb rate 50000000bit ceil 50000000bit burst 25000b cburst 25000b quantum 6250`,
        `tc qdisc replace dev ${IFB} parent 1:1a handle 1a: bfifo limit 62500b`,
        `tc filter replace dev ${IFB} parent 1: prio 1 handle 2:fe:a protocol all u32 ht 2:fe: match u32 0x02420a09 0xffffffff at -8 match u16 0x00fe 0xffff at -4 flowid 1:1a`,
        'tc qdisc replace dev sv-1 handle ffff: ingress',
        `tc filter replace dev sv-1 parent ffff: prio 1 handle 800::1 protocol all u32 match u32 0 0 action mirred egress redirect dev ${IFB}`,
      ],
    )
    t.strictSame(
      plan.flatMap(({ revert = [] }) => revert.map(typed)),
      [
        `tc filter del dev ${IFB} parent 1: prio 1 handle 2:fe:a protocol all u32`,
        `tc class del dev ${IFB} classid 1:1a`,
      ],
    )
  },
)

t.test('planUp() gives each of 1024 members ids of its own that the kernel can hold', async (t) => {
  const ids = Array.from({ length: 1024 }, (_, slot) => {
    const [first, , filter] = planUp(
      'sv-1',
      { medium: IFB, slot, mac: '02:42:0a:09:00:02' },
      shapeOf(1e6, 1500),
    )
    const [, id = ''] = /classid 1:(\w+)/.exec(first?.apply.line ?? '') ?? []
    const [, node = ''] = /handle 2:2:(\w+)/.exec(filter?.apply.line ?? '') ?? []
    t.ok(
      Number.parseInt(id, 16) > 0x10 && Number.parseInt(node, 16) > 0 && Number.parseInt(node, 16) < 0x1000,
    )
    return `${id} ${node}`
  })
  t.equal(new Set(ids).size, 1024)
})

t.test('planOffload() allows a millisecond of sending at once, from a frame to 64 KB', async (t) => {
  const line = (rate: number) =>
    planOffload('sp-1', shapeOf(rate, 1500), 1500).map(({ apply }) => typed(apply))[0]
  t.equal(line(1e6), 'ip link set dev sp-1 gso_max_size 1500 gso_max_segs 1')
  t.equal(line(100e6), 'ip link set dev sp-1 gso_max_size 12500 gso_max_segs 8')
  t.equal(line(1e9), undefined)
})
