import t from 'tap'
import { planShow } from '../../../../../lib/features/shaping/layout.ts'
import {
  memberShares,
  ownDevices,
  planUplink,
  resolveUplink,
} from '../../../../../lib/features/shaping/resolve.ts'
import type { LinkOptions } from '../../../../../lib/model/link.ts'
import type { NetworkSpec } from '../../../../../lib/model/network.ts'
import type { Plan } from '../../../../../lib/plan/plan.ts'
import { typed } from '../../../../support/fake-host.ts'
import { linkOf, planMember } from '../../../../support/links.ts'
import { ENDPOINT, endpointSpec, idOf, networkSpec } from '../../../../support/messages.ts'
import { ABLE, BARE } from '../../../fixtures/abilities.ts'

const HOST_END = 'sv-b10000000000'
const PEER = 'sp-b10000000000'
const IFB = 'si-a10000000000'
const OWN = 'se-b10000000000'

const PLAIN = [
  `ip link add name ${HOST_END} mtu 1500 txqueuelen 1000 group 20942 type veth peer name ${PEER} mtu 1500 txqueuelen 1000 address 02:42:0a:09:00:02`,
  `ip link set dev ${HOST_END} addrgenmode none alias sluice/endpoint/${ENDPOINT}`,
  `ip link set dev ${HOST_END} master sl-a10000000000`,
  `ip link set dev ${HOST_END} up`,
]
/**
 * With offload packets of a millisecond at most, so that no sender hands over more than the queue has room
 * for.
 */
const limited = (bytes: number, segments: number): string[] =>
  PLAIN.toSpliced(2, 0, `ip link set dev ${PEER} gso_max_size ${bytes} gso_max_segs ${segments}`)
const LINK = limited(1500, 1)
/** Bytes: what may wait under 10 Mbit/s (tests of shape.ts). */
const LIMIT = linkOf(networkSpec({ options: { rate: 10e6 } }), endpointSpec(), BARE).up?.limit
const CUT = `tbf rate 400000000000bit burst 1514b limit ${LIMIT}b`
const DOWN = [
  `tc qdisc replace dev ${HOST_END} root handle 1: tbf rate 10000000bit burst 5000b limit ${LIMIT}b`,
  `tc qdisc replace dev ${HOST_END} parent 1:1 handle 2: ${CUT}`,
  `tc qdisc replace dev ${HOST_END} parent 2:1 handle 6002: bfifo limit ${LIMIT}b`,
]
const redirect = (device: string): string[] => [
  `tc qdisc replace dev ${HOST_END} handle ffff: ingress`,
  `tc filter replace dev ${HOST_END} parent ffff: prio 1 handle 800::1 protocol all u32 match u32 0 0 action mirred egress redirect dev ${device}`,
]
const UP = [
  `tc class replace dev ${IFB} parent 1:1 classid 1:11 htb prio 0 rate 10000000bit ceil 10000000bit burst 5000b cburst 5000b quantum 1514`,
  `tc qdisc replace dev ${IFB} parent 1:11 handle 11: ${CUT}`,
  `tc qdisc replace dev ${IFB} parent 11:1 handle 6011: bfifo limit ${LIMIT}b`,
  `tc filter replace dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32 ht 2:02: match u32 0x02420a09 0xffffffff at -8 match u16 0x0002 0xffff at -4 flowid 1:11`,
  ...redirect(IFB),
]
const BOTH = [...UP.slice(0, 1), ...DOWN, ...UP.slice(1)]
const SHARED = UP.with(
  0,
  (UP[0] ?? '')
    .replace('prio 0 rate 10000000bit', 'prio 4 rate 4000000bit')
    .replace('burst 5000b cburst', 'burst 3028b cburst'),
)

const lines = (plan: Plan): string[] => plan.map(({ apply }) => typed(apply))
const reverts = (plan: Plan): string[] => plan.toReversed().flatMap(({ revert = [] }) => revert.map(typed))

const cases: Record<string, [network: Partial<NetworkSpec>, endpoint: LinkOptions, lines: string[]]> = {
  'a link without limits': [{}, {}, PLAIN],
  'a link with a cap on what it receives': [{ options: { 'rate.down': 10e6 } }, {}, [...PLAIN, ...DOWN]],
  'a link with a cap on what it sends': [{}, { 'rate.up': 10e6 }, [...LINK, ...UP]],
  'a link with both': [{ options: { rate: 10e6 } }, {}, [...LINK, ...BOTH]],
  "the attachment's rate over the network's": [
    { options: { 'rate.up': 1e6, 'rate.down': 2e6 } },
    { rate: 10e6 },
    [...LINK, ...BOTH],
  ],
  'a part of a shared rate, with the cap of its own as the most': [
    { shared: 20e6, options: { min: 4e6 } },
    { 'rate.up': 10e6 },
    [...LINK, ...SHARED],
  ],
}

for (const [name, [network, options, expected]] of Object.entries(cases))
  t.test(`a member’s plan gives ${name}`, async (t) => {
    const [spec, endpoint] = [networkSpec(network), endpointSpec({ options })]
    t.strictSame(lines(planMember(linkOf(spec, endpoint, BARE))), expected)
  })

t.test('a member’s plan lets a sender hand over a millisecond at once, from a frame to 64 KB', async (t) => {
  const link = (rate: number) =>
    lines(planMember(linkOf(networkSpec(), endpointSpec({ options: { 'rate.up': rate } }), BARE))).filter(
      (line) => line.startsWith('ip '),
    )
  t.strictSame(link(8e3), limited(1500, 1))
  t.strictSame(link(100e6), limited(12_500, 8))
  t.strictSame(link(524e6), limited(65_500, 43))
  t.strictSame(link(525e6), PLAIN)
})

t.test('a member’s plan is taken back by the filter, the class and the link', async (t) => {
  const plan = planMember(linkOf(networkSpec({ options: { rate: 10e6 } }), endpointSpec({ slot: 3 }), ABLE))
  t.strictSame(reverts(plan), [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:4 protocol all u32`,
    `tc class del dev ${IFB} classid 1:14`,
    `ip link del dev ${HOST_END}`,
  ])
})

t.test('an upload that duplicates is queued on a device of its own, unless a rate is shared', async (t) => {
  const plan = planMember(linkOf(networkSpec(), endpointSpec({ options: { duplicate: 1 } }), ABLE))
  t.strictSame(
    lines(plan).filter((line) => line.startsWith('ip ')),
    [
      ...PLAIN,
      `ip link add name ${OWN} mtu 1500 txqueuelen 1000 group 20942 type ifb`,
      `ip link set dev ${OWN} addrgenmode none alias sluice/medium/${ENDPOINT}`,
      `ip link set dev ${OWN} up`,
    ],
  )
  t.ok(lines(plan).some((line) => line.startsWith(`tc qdisc replace dev ${OWN} root handle 1: tbf`)))
  t.strictSame(lines(plan).slice(-2), redirect(OWN))
  t.notMatch(lines(plan).join('\n'), IFB)
  t.strictSame(reverts(plan), [`ip link del dev ${OWN}`, `ip link del dev ${HOST_END}`])
  const shared = planMember(
    linkOf(networkSpec({ shared: 1e6 }), endpointSpec({ options: { duplicate: 1 } }), ABLE),
  )
  t.notMatch(lines(shared).join('\n'), OWN)
})

t.test('an upload is queued on the shared device where it is shaped, and has none of its own', async (t) => {
  const uses = (network: Partial<NetworkSpec>, options: LinkOptions = {}) =>
    linkOf(networkSpec(network), endpointSpec({ options }), ABLE).queuedOn === 'shared'
  t.notOk(uses({}))
  t.notOk(uses({ options: { 'rate.down': 1e6 } }))
  t.ok(uses({ options: { rate: 1e6 } }))
  t.ok(uses({}, { 'rate.up': 1e6 }))
  t.ok(uses({}, { delay: 1 }))
  t.ok(uses({ shared: 1e6 }))
  t.notOk(uses({ options: { rate: 1e6 } }, { duplicate: 1 }))
  t.ok(uses({ shared: 1e6 }, { duplicate: 1 }))
  t.equal(
    linkOf(networkSpec(), endpointSpec({ kept: { up: true } }), ABLE).queuedOn,
    'shared',
    'what was shaped stays so',
  )
})

t.test('the options in force are the attachment’s over the network’s', async (t) => {
  const over = (given: LinkOptions, own: LinkOptions) =>
    linkOf(networkSpec({ options: given }), endpointSpec({ options: own }), ABLE).options
  t.strictSame(over({ 'rate.down': 16e6 }, { rate: 1e6 }), { 'rate.up': 1e6, 'rate.down': 1e6 })
  t.strictSame(over({ rate: 16e6, 'rate.up': 2e6 }, {}), { 'rate.up': 2e6, 'rate.down': 16e6 })
  t.strictSame(over({ burst: 9000, rate: 1e6 }, { burst: 8000 }), {
    'rate.up': 1e6,
    'rate.down': 1e6,
    burst: 8000,
  })
})

t.test("an attachment's seed follows from its address, or from its MAC where it has none", async (t) => {
  const seed = (changes: Parameters<typeof endpointSpec>[0], options: LinkOptions = { loss: 1, seed: 42 }) =>
    linkOf(networkSpec({ options }), endpointSpec(changes), ABLE).up?.netem?.seed
  const first = seed({})
  t.equal(
    seed({ id: idOf('b9'), slot: 7, mac: '02:00:00:00:00:09' }),
    first,
    'the same address, the same seed',
  )
  t.not(seed({ address4: '10.9.0.3' }), first)
  const { address4: _, ...bare } = endpointSpec()
  const mac = linkOf(networkSpec({ options: { loss: 1, seed: 42 } }), bare, ABLE).up?.netem?.seed
  t.ok(mac !== undefined && mac !== first)
})

const members = (...options: LinkOptions[]) =>
  options.map((one, slot) => endpointSpec({ id: idOf(`b${slot}`), slot, options: one }))

t.test('memberShares() has every part and whose turn is first, of what is in force', async (t) => {
  t.strictSame([...memberShares(networkSpec(), members({ rate: 1e6 }))], [], 'nothing is shared')
  const network = networkSpec({ shared: 10e6, options: { priority: 3 } })
  t.strictSame(
    [...memberShares(network, members({ min: 4e6, priority: 0 }, {}, { priority: 7 })).values()],
    [
      { guaranteed: 4e6, priority: 0 },
      { guaranteed: 3e6, priority: 3 },
      { guaranteed: 3e6, priority: 7 },
    ],
  )
  t.match(memberShares(networkSpec({ shared: 1e6 }), members({})).get(idOf('b0')), { priority: 4 })
})

t.test('planUplink() caps what the host sends into the bridge', async (t) => {
  const onto = (line: string): string => line.replaceAll(HOST_END, 'sl-a10000000000')
  t.strictSame(planUplink(resolveUplink(networkSpec(), ABLE)), [])
  for (const uplink of [{ 'rate.down': 10e6 }, { 'rate.up': 5e6, 'rate.down': 10e6 }])
    t.strictSame(lines(planUplink(resolveUplink(networkSpec({ uplink }), BARE))), DOWN.map(onto))
  t.strictSame(planUplink(resolveUplink(networkSpec({ uplink: { 'rate.up': 10e6 } }), ABLE)), [])
  t.strictSame(planUplink(resolveUplink(networkSpec({ uplink: { delay: 0 } }), ABLE)), [])
})

/** What a member sends to the bridge itself, in a class below the uplink's. */
const OUT = [
  `tc class replace dev ${IFB} parent 1:2 classid 1:811 htb prio 0 rate 8000bit ceil 10000000bit burst 3028b cburst 5000b quantum 1514`,
  `tc qdisc replace dev ${IFB} parent 1:811 handle 811: ${CUT}`,
  `tc qdisc replace dev ${IFB} parent 811:1 handle 6811: bfifo limit ${LIMIT}b`,
  `tc filter replace dev ${IFB} parent 1: prio 1 handle 3:2:1 protocol all u32 ht 3:02: match u32 0x02420a09 0xffffffff at -8 match u16 0x0002 0xffff at -4 flowid 1:811`,
]

t.test(
  'what a member sends out of the network is queued in a class of the uplink, the narrower cap first',
  async (t) => {
    const out = (uplink: LinkOptions, options: LinkOptions) =>
      lines(planMember(linkOf(networkSpec({ uplink }), endpointSpec({ options }), BARE))).filter(
        (line) => / 1:811 | (handle )?811:| 811:1 /.test(line) || line.endsWith(' 1:811'),
      )
    t.strictSame(out({ rate: 10e6 }, {}), OUT)
    t.strictSame(out({ rate: 50e6 }, { rate: 10e6 }), OUT)
    t.strictSame(out({ rate: 10e6 }, { rate: 50e6 }), OUT)
    t.strictSame(out({ 'rate.down': 10e6 }, { rate: 50e6 }), [], 'an uplink that is open up')
    const plan = planMember(linkOf(networkSpec({ uplink: { rate: 10e6 } }), endpointSpec(), BARE))
    t.strictSame(reverts(plan).slice(0, 4), [
      `tc filter del dev ${IFB} parent 1: prio 1 handle 3:2:1 protocol all u32`,
      `tc class del dev ${IFB} classid 1:811`,
      `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`,
      `tc class del dev ${IFB} classid 1:11`,
    ])
  },
)

t.test('what leaves the network is delayed and lost by the link and by the uplink', async (t) => {
  const network = networkSpec({ uplink: { delay: 20e3, jitter: 1e3, loss: 10 } })
  const shapes = (options: LinkOptions) => linkOf(network, endpointSpec({ options }), ABLE)
  t.match(shapes({}).out?.netem, { delay: 20e3, jitter: 1e3 })
  t.ok(Math.abs((shapes({}).out?.netem?.loss ?? 0) - 10) < 1e-9)
  t.match(shapes({}).up?.netem, { delay: 0, loss: 0 }, 'and among members by the link alone')
  const both = shapes({ 'delay.up': 5e3, jitter: 2e3, loss: 10 }).out?.netem
  t.match(both, { delay: 25e3, jitter: 3e3 })
  t.ok(Math.abs((both?.loss ?? 0) - 19) < 1e-9, 'what the one has lost the other does not lose again')
  const bursty = shapes({ 'loss.model': { model: 'gemodel', percents: [1] } }).out?.netem
  t.match(bursty, { loss: 0, lossModel: { model: 'gemodel' } })
  t.equal(linkOf(networkSpec(), endpointSpec({ options: { delay: 1 } }), ABLE).out, undefined)
})

t.test('ownDevices() names what is there for one alone', async (t) => {
  const duplicating = endpointSpec({ options: { duplicate: 1 } })
  t.strictSame(ownDevices(linkOf(networkSpec(), duplicating, ABLE)), [OWN])
  t.strictSame(ownDevices(linkOf(networkSpec(), endpointSpec({ options: { rate: 1e6 } }), ABLE)), [])
  t.strictSame(ownDevices(linkOf(networkSpec({ shared: 1e6 }), duplicating, ABLE)), [])
  t.strictSame(ownDevices(linkOf(networkSpec({ uplink: { rate: 1e6 } }), duplicating, ABLE)), [])
})

t.test('planShow() asks for each device once, and for the one class that a member has', async (t) => {
  const layout = (network: Partial<NetworkSpec>, options: LinkOptions) =>
    lines(planShow(linkOf(networkSpec(network), endpointSpec({ options }), ABLE).layout))
  t.strictSame(layout({}, {}), [])
  t.strictSame(layout({}, { 'rate.down': 1e6 }), [`tc qdisc show dev ${HOST_END}`])
  t.strictSame(layout({ options: { rate: 1e6 } }, {}), [
    `tc qdisc show dev ${HOST_END}`,
    `tc qdisc show dev ${IFB}`,
    `tc class show dev ${IFB} classid 1:11`,
  ])
})
