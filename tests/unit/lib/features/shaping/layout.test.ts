import t from 'tap'
import {
  memberLayout,
  planLayout,
  planMedium,
  planTrunk,
  rootLayout,
  soloLayout,
} from '../../../../../lib/features/shaping/layout.ts'
import { linkShapes, type Shape } from '../../../../../lib/features/shaping/shape.ts'
import type { Member } from '../../../../../lib/kernel/tc/tree.ts'
import type { NetworkSpec } from '../../../../../lib/model/network.ts'
import type { Plan } from '../../../../../lib/plan/plan.ts'
import { typed } from '../../../../support/fake-host.ts'
import { NETWORK, networkSpec } from '../../../../support/messages.ts'
import { ABLE, BARE } from '../../../fixtures/abilities.ts'

const IFB = 'si-a10000000000'
const lines = (plan: Plan): string[] => plan.map(({ apply }) => typed(apply))
const reverts = (plan: Plan): string[] => plan.flatMap(({ revert = [] }) => revert.map(typed))

const shape = (options: Parameters<typeof linkShapes>[0], abilities = BARE): Shape => {
  const { down } = linkShapes(options, { mtu: 1500, seedOf: 'x', abilities })
  if (!down) throw new Error('not shaped')
  return down
}
const BARE_50 = shape({ 'rate.down': 50e6 })

const tree = (all: string, strangers: string): string[] => [
  `ip link add name ${IFB} mtu 1500 txqueuelen 1000 group 20942 type ifb`,
  `ip link set dev ${IFB} addrgenmode none alias sluice/medium/${NETWORK}`,
  `ip link set dev ${IFB} up`,
  `tc qdisc replace dev ${IFB} root handle 1: htb default 10`,
  `tc class replace dev ${IFB} parent 1: classid 1:1 htb prio 0 ${all}`,
  `tc class replace dev ${IFB} parent 1:1 classid 1:10 htb prio 7 ${strangers}`,
  `tc qdisc replace dev ${IFB} parent 1:10 handle 10: bfifo limit 6056b`,
  `tc filter add dev ${IFB} parent 1: prio 1 handle 2: protocol all u32 divisor 256`,
  `tc filter add dev ${IFB} parent 1: prio 1 handle 3: protocol all u32 divisor 256`,
  `tc filter add dev ${IFB} parent 1: prio 1 handle 800::2 protocol all u32 ht 800: match u32 0 0 hashkey mask 0x00ff0000 at -4 link 2:`,
]

const mediums: Record<string, [Partial<NetworkSpec>, string[]]> = {
  'a network without a shared rate: open, but for strangers': [
    {},
    tree(
      'rate 400000000000bit ceil 400000000000bit burst 1048576b cburst 1048576b quantum 60000',
      'rate 8000bit ceil 1000000bit burst 4096b cburst 4096b quantum 1514',
    ),
  ],
  'a network with a shared rate': [
    { shared: 50e6 },
    tree(
      'rate 50000000bit ceil 50000000bit burst 25000b cburst 25000b quantum 60000',
      'rate 8000bit ceil 1000000bit burst 4096b cburst 4096b quantum 1514',
    ),
  ],
  'a network whose shared rate is below what strangers may have elsewhere': [
    { shared: 64e3 },
    tree(
      'rate 64000bit ceil 64000bit burst 4096b cburst 4096b quantum 60000',
      'rate 8000bit ceil 64000bit burst 4096b cburst 4096b quantum 1514',
    ),
  ],
}

for (const [name, [changes, expected]] of Object.entries(mediums))
  t.test(`planMedium() gives ${name}`, async (t) => {
    const plan = planMedium(networkSpec(changes))
    t.strictSame(lines(plan), expected)
    t.strictSame(reverts(plan), [`ip link del dev ${IFB}`])
  })

t.test('rootLayout() is the cap, what cuts offload packets, and a queue', async (t) => {
  t.strictSame(lines(planLayout(rootLayout('sv-1', BARE_50))), [
    `tc qdisc replace dev sv-1 root handle 1: tbf rate 50000000bit burst 25000b limit ${BARE_50.limit}b`,
    `tc qdisc replace dev sv-1 parent 1:1 handle 2: tbf rate 400000000000bit burst 1514b limit ${BARE_50.limit}b`,
    `tc qdisc replace dev sv-1 parent 2:1 handle 6002: bfifo limit ${BARE_50.limit}b`,
  ])
})

t.test('rootLayout() has the delay before the queue, so that what it holds is no backlog', async (t) => {
  const slow = shape({ 'rate.down': 1e6, 'delay.down': 20e3 }, ABLE)
  t.strictSame(lines(planLayout(rootLayout('sv-1', slow))), [
    `tc qdisc replace dev sv-1 root handle 1: tbf rate 1000000bit burst 3028b limit ${slow.limit}b`,
    `tc qdisc replace dev sv-1 parent 1:1 handle 2: tbf rate 400000000000bit burst 1514b limit ${slow.limit}b`,
    `tc qdisc replace dev sv-1 parent 2:1 handle 1002: netem limit ${slow.netem?.limit} delay 20000us 0us 0% loss random 0% 0% duplicate 0% corrupt 0% reorder 0%`,
    `tc qdisc replace dev sv-1 parent 1002:1 handle 2002: fq_codel memory_limit 37500b quantum 1514 target 5000us interval 140000us drop_batch 8`,
  ])
})

t.test(
  'each kind of queue and each distribution has a handle of its own: one cannot change its kind',
  async (t) => {
    const handles = (options: Parameters<typeof shape>[0], abilities = ABLE): string[] =>
      rootLayout('sv-1', shape(options, abilities)).qdiscs.map(({ handle }) => handle)
    const rate = { 'rate.down': 1e6 }
    const queues = [
      handles(rate).at(-1),
      ...(['cake', 'sfq', 'pfifo'] as const).map((queue) => handles({ ...rate, queue }).at(-1)),
      handles(rate, BARE).at(-1),
    ]
    const delays = (['uniform', 'normal', 'pareto', 'paretonormal'] as const).map(
      (distribution) => handles({ 'delay.down': 1, jitter: 1, 'delay.distribution': distribution })[2],
    )
    t.equal(new Set([...queues, ...delays, '1:', '2:']).size, 11)
    t.not(
      handles({ 'rate.down': 10e9 })[1],
      handles(rate)[1],
      'nor can a wide bucket become a narrow one: what waits in it would never fit through',
    )
  },
)

t.test('soloLayout() has all that arrives go through a device of its own', async (t) => {
  t.strictSame(lines(planLayout(soloLayout('sv-1', 'se-1', BARE_50))), [
    ...lines(planLayout(rootLayout('se-1', BARE_50))),
    'tc qdisc replace dev sv-1 handle ffff: ingress',
    'tc filter replace dev sv-1 parent ffff: prio 1 handle 800::1 protocol all u32 match u32 0 0 action mirred egress redirect dev se-1',
  ])
})

const member = (slot: number): Member => ({ medium: IFB, slot, mac: '02:42:0a:09:00:fe' })
const MEMBER = [
  `tc qdisc replace dev ${IFB} parent 1:1a handle 1a: tbf rate 400000000000bit burst 1514b limit ${BARE_50.limit}b`,
  `tc qdisc replace dev ${IFB} parent 1a:1 handle 601a: bfifo limit ${BARE_50.limit}b`,
  `tc filter replace dev ${IFB} parent 1: prio 1 handle 2:fe:a protocol all u32 ht 2:fe: match u32 0x02420a09 0xffffffff at -8 match u16 0x00fe 0xffff at -4 flowid 1:1a`,
  'tc qdisc replace dev sv-1 handle ffff: ingress',
  `tc filter replace dev sv-1 parent ffff: prio 1 handle 800::1 protocol all u32 match u32 0 0 action mirred egress redirect dev ${IFB}`,
]

t.test('memberLayout() sends what a member sends to its class, found by its MAC', async (t) => {
  const plan = planLayout(memberLayout('sv-1', member(9), BARE_50))
  t.strictSame(lines(plan), [
    `tc class replace dev ${IFB} parent 1:1 classid 1:1a htb prio 0 rate 50000000bit ceil 50000000bit burst 25000b cburst 25000b quantum 1514`,
    ...MEMBER,
  ])
  t.strictSame(
    reverts(plan),
    [
      `tc filter del dev ${IFB} parent 1: prio 1 handle 2:fe:a protocol all u32`,
      `tc class del dev ${IFB} classid 1:1a`,
    ],
    'the filter first: a class that is pointed to cannot go',
  )
})

t.test('memberLayout() of a shared rate has its part for itself and its cap as a ceiling', async (t) => {
  const first = (share: { guaranteed: number; priority: number }) =>
    lines(planLayout(memberLayout('sv-1', member(9), BARE_50, share)))[0]
  t.equal(
    first({ guaranteed: 10e6, priority: 2 }),
    `tc class replace dev ${IFB} parent 1:1 classid 1:1a htb prio 2 rate 10000000bit ceil 50000000bit burst 5000b cburst 25000b quantum 1514`,
  )
  t.equal(
    first({ guaranteed: 90e6, priority: 0 }),
    `tc class replace dev ${IFB} parent 1:1 classid 1:1a htb prio 0 rate 50000000bit ceil 50000000bit burst 25000b cburst 25000b quantum 1514`,
    'never more than its own cap',
  )
  t.equal(
    first({ guaranteed: 8e3, priority: 7 }),
    `tc class replace dev ${IFB} parent 1:1 classid 1:1a htb prio 7 rate 8000bit ceil 50000000bit burst 3028b cburst 25000b quantum 1514`,
    'and room for two packets',
  )
})

t.test('each of 1024 members has ids of its own that the kernel can hold', async (t) => {
  const ids = Array.from({ length: 1024 }, (_, slot) => {
    const plan = planLayout(
      memberLayout('sv-1', member(slot), shape({ 'rate.down': 1e6, 'delay.down': 1 }, ABLE)),
    )
    const [, id = ''] = /classid 1:(\w+)/.exec(plan[0]?.apply.line ?? '') ?? []
    const handles = plan.flatMap(
      ({ apply: { line } }) => /^qdisc .* parent .* handle (\w+):/.exec(line)?.[1] ?? [],
    )
    const node = plan.map(({ apply: { line } }) => /handle 2:fe:(\w+)/.exec(line)?.[1] ?? '').join('')
    const numbers = [id, node, ...handles].map((hex) => Number.parseInt(hex, 16))
    t.equal(handles.length, 3)
    t.ok((numbers[0] ?? 0) > 0x10 && (numbers[1] ?? 0) > 0 && (numbers[1] ?? 0) < 0x1000, `${id} ${node}`)
    t.ok(numbers.every((number) => number < 0xffff))
    return [id, `node ${node}`, ...handles.map((handle) => `qdisc ${handle}`)]
  })
  t.equal(new Set(ids.flat()).size, 5 * 1024)
})

t.test(
  'planMedium() has a class and a hash more where the uplink is shaped, for frames to the bridge',
  async (t) => {
    const hash = [
      `tc filter add dev ${IFB} parent 1: prio 1 handle 800::1 protocol all u32 ht 800: match u16 0x0251 0xffff at -14 match u32 0xd64097e1 0xffffffff at -12 hashkey mask 0x00ff0000 at -4 link 3:`,
    ]
    const uplink = (rate: string) =>
      `tc class replace dev ${IFB} parent 1:1 classid 1:2 htb prio 0 rate ${rate} ceil 50000000bit burst 25000b cburst 25000b quantum 1514`
    const plain = lines(planMedium(networkSpec()))
    t.strictSame(lines(planMedium(networkSpec(), BARE_50)), [...plain, uplink('50000000bit'), ...hash])
    const shared = networkSpec({ shared: 80e6 })
    t.strictSame(lines(planMedium(shared, BARE_50)), [
      ...lines(planMedium(shared)),
      uplink('8000bit'),
      ...hash,
    ])
    t.strictSame(
      lines(planTrunk(networkSpec(), BARE_50)),
      [...plain.slice(4, 6), uplink('50000000bit'), ...hash],
      'what of it can change',
    )
  },
)
