import t from 'tap'
import { expectedShape, linkOptions, planEndpoint, usesMedium } from '../../../../lib/plan/endpoint.ts'
import type { LinkOptions } from '../../../../lib/plan/network.ts'
import { typed } from '../../../support/fake-host.ts'
import { ENDPOINT, endpointSpec, networkSpec } from '../../../support/messages.ts'

const HOST_END = 'sv-b10000000000'
const PEER = 'sp-b10000000000'
const IFB = 'si-a10000000000'

const ADD = [
  `ip link add name ${HOST_END} mtu 1500 txqueuelen 1000 group 20942 type veth peer name ${PEER} mtu 1500 txqueuelen 1000 address 02:42:0a:09:00:02`,
  `ip link set dev ${HOST_END} addrgenmode none alias sluice/endpoint/${ENDPOINT}`,
]
const OFFLOAD = `ip link set dev ${PEER} gso_max_size 1500 gso_max_segs 1`
const PLUG = [`ip link set dev ${HOST_END} master sl-a10000000000`, `ip link set dev ${HOST_END} up`]
const DOWN = `tc qdisc replace dev ${HOST_END} root handle 1: tbf rate 10000000bit burst 5000b limit 12500b`
const UP = [
  `tc class replace dev ${IFB} parent 1:1 classid 1:11 htb rate 10000000bit ceil 10000000bit burst 5000b cburst 5000b quantum 1514`,
  `tc qdisc replace dev ${IFB} parent 1:11 handle 11: bfifo limit 12500b`,
  `tc filter replace dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32 ht 2:02: match u32 0x02420a09 0xffffffff at -8 match u16 0x0002 0xffff at -4 flowid 1:11`,
  `tc qdisc replace dev ${HOST_END} handle ffff: ingress`,
  `tc filter replace dev ${HOST_END} parent ffff: prio 1 handle 800::1 protocol all u32 match u32 0 0 action mirred egress redirect dev ${IFB}`,
]

const SHOW_DOWN = [`tc qdisc show dev ${HOST_END}`]
const SHOW_UP = [...SHOW_DOWN, `tc qdisc show dev ${IFB}`, `tc class show dev ${IFB} classid 1:11`]

const cases: Record<string, [network: LinkOptions, endpoint: LinkOptions, lines: string[]]> = {
  'a link without limits': [{}, {}, [...ADD, ...PLUG]],
  'a link with a cap on what it receives': [{ 'rate.down': 10e6 }, {}, [...ADD, ...PLUG, DOWN, ...SHOW_DOWN]],
  'a link with a cap on what it sends': [
    {},
    { 'rate.up': 10e6 },
    [...ADD, OFFLOAD, ...PLUG, ...UP, ...SHOW_UP],
  ],
  'a link with both': [{ rate: 10e6 }, {}, [...ADD, OFFLOAD, ...PLUG, DOWN, ...UP, ...SHOW_UP]],
  "the attachment's rate over the network's": [
    { rate: 1e6 },
    { rate: 10e6 },
    [...ADD, OFFLOAD, ...PLUG, DOWN, ...UP, ...SHOW_UP],
  ],
  "the attachment's burst with the network's rate": [
    { 'rate.down': 10e6 },
    { burst: 20_000 },
    [...ADD, ...PLUG, DOWN.replace('5000b limit 12500b', '20000b limit 26056b'), ...SHOW_DOWN],
  ],
}

for (const [name, [network, endpoint, expected]] of Object.entries(cases))
  t.test(`planEndpoint() gives ${name}`, async (t) => {
    const plan = planEndpoint(networkSpec({ options: network }), endpointSpec({ options: endpoint }))
    t.strictSame(
      plan.map(({ apply }) => typed(apply)),
      expected,
    )
  })

t.test('planEndpoint() is taken back by the filter, the class and the link', async (t) => {
  const plan = planEndpoint(networkSpec({ options: { rate: 10e6 } }), endpointSpec({ slot: 3 }))
  t.strictSame(
    plan.toReversed().flatMap(({ revert = [] }) => revert.map(typed)),
    [
      `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:4 protocol all u32`,
      `tc class del dev ${IFB} classid 1:14`,
      `ip link del dev ${HOST_END}`,
    ],
  )
})

t.test('usesMedium() is true where something limits what the container sends', async (t) => {
  t.notOk(usesMedium(networkSpec(), endpointSpec()))
  t.notOk(usesMedium(networkSpec({ options: { 'rate.down': 1e6 } }), endpointSpec()))
  t.ok(usesMedium(networkSpec({ options: { rate: 1e6 } }), endpointSpec()))
  t.ok(usesMedium(networkSpec(), endpointSpec({ options: { 'rate.up': 1e6 } })))
})

t.test('expectedShape() says what the plan sets', async (t) => {
  t.strictSame(expectedShape(networkSpec(), endpointSpec()), { hostEnd: HOST_END })
  t.match(expectedShape(networkSpec({ options: { rate: 10e6 } }), endpointSpec({ slot: 5 })), {
    hostEnd: HOST_END,
    down: { rate: 10e6, burst: 5000 },
    up: { member: { medium: IFB, slot: 5, mac: '02:42:0a:09:00:02' }, shape: { rate: 10e6 } },
  })
})

t.test(
  'linkOptions() lets an attachment’s rate set both directions, over what the network says of one',
  async (t) => {
    const over = (given: LinkOptions, own: LinkOptions) =>
      linkOptions(networkSpec({ options: given }), endpointSpec({ options: own }))
    t.strictSame(over({ 'rate.down': 16e6 }, { rate: 1e6 }), { 'rate.up': 1e6, 'rate.down': 1e6 })
    t.strictSame(over({ rate: 16e6 }, { 'rate.up': 1e6 }), { 'rate.up': 1e6, 'rate.down': 16e6 })
    t.strictSame(over({ rate: 16e6, 'rate.up': 2e6 }, {}), { 'rate.up': 2e6, 'rate.down': 16e6 })
    t.strictSame(over({ burst: 9000, rate: 1e6 }, { burst: 8000 }), {
      'rate.up': 1e6,
      'rate.down': 1e6,
      burst: 8000,
    })
  },
)
