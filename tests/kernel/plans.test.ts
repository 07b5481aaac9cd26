import t from 'tap'
import { planRules } from '../../lib/features/filter/elements.ts'
import { planForwarding, planNetwork } from '../../lib/features/link/network.ts'
import { joinLayouts, type Layout, planMedium, planShow } from '../../lib/features/shaping/layout.ts'
import { planShape, planUplink, resolveUplink } from '../../lib/features/shaping/resolve.ts'
import { verifyLayout } from '../../lib/features/shaping/verify.ts'
import { replaceTables } from '../../lib/kernel/nft/table.ts'
import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { LinkOptions } from '../../lib/model/link.ts'
import type { NetworkSpec } from '../../lib/model/network.ts'
import { applyPlan, type Plan, revertPlan } from '../../lib/plan/plan.ts'
import { linkOf, planMember } from '../support/links.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost, stateOf } from '../support/namespace-host.ts'
import { abilities } from './fixtures/real.ts'

const apply = async (host: Namespace, plans: readonly Plan[]): Promise<void> => {
  for (const plan of plans) await applyPlan(plan, host)
}

t.setTimeout(300_000)

const able = await abilities()

/** What the last steps of an endpoint's plan do. */
const readBack = async (layout: Layout, host: Namespace): Promise<void> =>
  verifyLayout(layout, await applyPlan(planShow(layout), host))

/** Plan and layout of a member, with its part of what is shared. */
function member(network: NetworkSpec, endpoint: EndpointSpec, all: readonly EndpointSpec[] = [endpoint]) {
  const link = linkOf(network, endpoint, able, all)
  return { link, plan: planMember(link), layout: link.layout }
}

const networks: Record<string, Partial<NetworkSpec>> = {
  IPv4: {},
  IPv6: { ipv4: [], ipv6: [IPV6_SUBNET] },
  'dual-stack': { ipv6: [IPV6_SUBNET] },
  internal: { internal: true },
  'address-less': { ipv4: [] },
  'jumbo-frame': { mtu: 9000 },
  'smallest-frame': { mtu: 68 },
}

for (const [name, changes] of Object.entries(networks))
  t.test(`the plans of an ${name} network apply, and revert to what was before, twice`, async (t) => {
    using host = await namespaceHost()
    const spec = networkSpec(changes)
    await host.exec(['nft', '-f', '-'], { input: `${replaceTables([], { alone: false }).line}\n` })
    const before = await stateOf(host)
    const plans = [planNetwork(spec), planRules(spec, ['lo'])]
    await apply(host, plans)
    const [bridge] = JSON.parse(await host.sh(`ip -j -d addr show dev ${spec.bridge}`))
    t.match(bridge, { mtu: spec.mtu, group: '20942', ifalias: `sluice/network/${spec.id}` })
    t.ok(bridge.flags.includes('UP'))
    const gateways = [...spec.ipv4, ...spec.ipv6].map(({ gateway }) => gateway)
    const global = bridge.addr_info.filter(({ scope }: { scope: string }) => scope === 'global')
    t.strictSame(
      global.map(({ local, prefixlen }: { local: string; prefixlen: number }) => `${local}/${prefixlen}`),
      gateways,
    )
    t.notMatch(
      bridge.addr_info.map(({ tentative }: { tentative?: boolean }) => tentative),
      [true],
    )
    for (const _ of [1, 2]) for (const plan of plans) await revertPlan(plan, host)
    await host.sh('nft flush set inet sluice outward')
    t.strictSame(await stateOf(host), before)
  })

t.test(
  "planForwarding() turns on the host's forwarding, and planNetwork() keeps advertisements of containers out",
  async (t) => {
    using host = await namespaceHost()
    const sysctl = (key: string) => host.sh(`sysctl -n net.${key}`)
    const dual = networkSpec({ ipv6: [IPV6_SUBNET] })
    await apply(host, [planNetwork(dual), planForwarding({ ...dual, internal: true })])
    t.strictSame([await sysctl('ipv4.ip_forward'), await sysctl('ipv6.conf.all.forwarding')], ['0', '0'])
    t.equal(await sysctl('ipv6.conf.sl-a10000000000.accept_ra'), '0')
    const other = networkSpec({
      id: 'c'.repeat(64),
      ipv4: [{ subnet: '10.8.0.0/24', gateway: '10.8.0.1/24' }],
    })
    await apply(host, [planNetwork(other), planForwarding(other)])
    t.equal(await sysctl('ipv6.conf.sl-cccccccccccc.disable_ipv6'), '1')
    t.strictSame([await sysctl('ipv4.ip_forward'), await sysctl('ipv6.conf.all.forwarding')], ['1', '0'])
    await apply(host, [planForwarding(dual)])
    t.equal(await sysctl('ipv6.conf.all.forwarding'), '1')
  },
)

/** The kernel takes the MTU of a bridge from its ports, and 1500 once the last one is gone. */
const bridgeMtu = (state: readonly string[]): string[] =>
  state.map((line) => line.replace(/("ifname":"sl-[^"]*","mtu":)\d+/, '$1 as its ports'))

const links: Record<string, [network: Partial<NetworkSpec>, endpoint: LinkOptions]> = {
  'no limits': [{}, {}],
  'a cap down': [{ options: { 'rate.down': 10e6 } }, {}],
  'a cap up': [{ options: { 'rate.up': 10e6 } }, {}],
  'caps both ways': [{ options: { rate: 10e6 } }, {}],
  'caps of its own': [{}, { 'rate.up': 1e6, 'rate.down': 2e6, burst: 20_000 }],
  'the least caps': [{ options: { rate: 8e3 } }, {}],
  'nearly the most that can be': [{ options: { rate: 399e9 } }, {}],
  'the most that can be': [{ options: { rate: 4e11 } }, {}],
  'rates that are no round numbers': [{}, { 'rate.up': 1_234_567, 'rate.down': 987_654_321 }],
  'the smallest burst': [{ options: { rate: 400e6, burst: 1514 } }, {}],
  'the longest burst': [{ options: { rate: 8e3, burst: 250_000 } }, {}],
  'the largest burst': [{ options: { rate: 10e9, burst: 2 ** 31 } }, {}],
  'the shortest queue': [{ options: { rate: 100e6, 'queue.limit': 100 } }, {}],
  'the longest queue': [{ options: { rate: 10e9, 'queue.limit': 3.6e9 } }, {}],
  'a queue that counts packets': [{ options: { rate: 10e6 } }, { queue: 'pfifo' }],
  'a long queue that counts packets': [{ options: { rate: 10e9, queue: 'pfifo', 'queue.limit': 3.6e9 } }, {}],
  'jumbo frames': [{ mtu: 9000, options: { rate: 1e6 } }, {}],
  'the smallest frames': [{ mtu: 68, options: { rate: 8e3 } }, {}],
  'a shared rate': [{ shared: 300e6 }, {}],
  'the least shared rate': [{ shared: 8e3 }, {}],
  'the most shared rate': [{ shared: 4e11, options: { min: 4e11, priority: 7 } }, {}],
  'a guarantee, a turn and a cap': [{ shared: 300e6 }, { min: 10e6, priority: 0, rate: 100e6 }],
  'what was shaped and is no more': [{}, {}],
}

for (const [name, [changes, own]] of Object.entries(links))
  t.test(
    `the plans of an endpoint with ${name} apply, read back, and revert to what was before, twice`,
    async (t) => {
      using host = await namespaceHost()
      const network = networkSpec(changes)
      await applyPlan(planNetwork(network), host)
      const before = bridgeMtu(await stateOf(host))
      const kept = name.startsWith('what was') ? { kept: { up: true, down: true } as const } : {}
      const endpoint = endpointSpec({ options: own, ...kept })
      const { link, plan, layout } = member(network, endpoint)
      const plans = [...(layout.members.length > 0 ? [planMedium(network)] : []), plan]
      await apply(host, plans)
      await readBack(layout, host)
      t.match(await host.sh('ip -br link show master sl-a10000000000'), 'sv-b10000000000')
      t.match(await host.sh('ip link show dev sp-b10000000000'), '02:42:0a:09:00:02')
      const set = await stateOf(host)
      await apply(host, [planShape(link)])
      t.strictSame(await stateOf(host), set, 'setting the shape again changes nothing')
      for (const _ of [1, 2]) for (const plan of plans.toReversed()) await revertPlan(plan, host)
      t.strictSame(bridgeMtu(await stateOf(host)), before)
    },
  )

const uplinks: Record<string, LinkOptions> = {
  'both ways': { rate: 10e6 },
  'into the network': { 'rate.down': 8e3 },
  'out of the network': { 'rate.up': 399e9 },
}

for (const [name, uplink] of Object.entries(uplinks))
  t.test(`the plans of an uplink ${name} apply, read back, and revert, twice`, async (t) => {
    using host = await namespaceHost()
    const network = networkSpec({ uplink })
    const before = await stateOf(host)
    const { plan, layout } = member(network, endpointSpec({ options: { 'rate.down': 1e6 } }))
    const up = resolveUplink(network, able)
    const medium = layout.members.length > 0 ? [planMedium(network, up.up)] : []
    const plans = [planNetwork(network), planUplink(up), ...medium, plan]
    await apply(host, plans)
    await readBack(joinLayouts(up.layout, layout), host)
    for (const _ of [1, 2]) for (const one of plans.toReversed()) await revertPlan(one, host)
    t.strictSame(await stateOf(host), before)
  })

t.test('members share a medium, each in a class of its own, and go one by one', async (t) => {
  using host = await namespaceHost()
  const network = networkSpec({ options: { rate: 10e6 } })
  await apply(host, [planNetwork(network), planMedium(network)])
  const before = await stateOf(host)
  // Three of these MACs end in the same byte, so share a bucket of the filter.
  const macs = ['02:42:0a:09:00:02', '02:42:0a:09:01:02', '02:42:0a:0a:00:02', '02:42:0a:09:00:ff']
  const members = macs.map(
    (mac, slot): EndpointSpec =>
      endpointSpec({ id: `${slot}d`.padEnd(64, '0'), slot, mac, options: { rate: (slot + 1) * 1e6 } }),
  )
  for (const one of members) await applyPlan(member(network, one).plan, host)
  for (const one of members) await readBack(member(network, one).layout, host)
  const [first, ...rest] = members as [EndpointSpec, ...EndpointSpec[]]
  await revertPlan(member(network, first).plan, host)
  for (const one of rest) await readBack(member(network, one).layout, host)
  for (const one of rest) await revertPlan(member(network, one).plan, host)
  t.strictSame(await stateOf(host), before)
})

t.test('members of a shared rate have their parts of it, whatever is left for those without', async (t) => {
  for (const [shared, ...mins] of [
    [300e6, 100e6, 50e6],
    [10e6, 10e6],
    [8e3],
    [9e3, 8e3],
    [20e3, 8e3],
  ] as const) {
    using host = await namespaceHost()
    const network = networkSpec({ shared })
    await apply(host, [planNetwork(network), planMedium(network)])
    const all = [...mins, undefined, undefined, undefined].map((min, slot) =>
      endpointSpec({
        id: `${slot}d`.padEnd(64, '0'),
        slot,
        mac: `02:42:0a:09:00:0${slot}`,
        options: min === undefined ? {} : { min, priority: slot },
      }),
    )
    for (const one of all) await applyPlan(member(network, one, all).plan, host)
    for (const one of all)
      await t.resolves(readBack(member(network, one, all).layout, host), `${shared} ${mins}`)
    const classes = await host.sh('tc class show dev si-a10000000000')
    t.equal(classes.split('\n').filter((line) => line.includes('parent 1:1 ')).length, all.length + 1)
  }
})

const changes: Record<string, string> = {
  'another rate down':
    'tc qdisc replace dev sv-b10000000000 root handle 1: tbf rate 20mbit burst 5000b limit 30000b',
  'another burst':
    'tc qdisc replace dev sv-b10000000000 root handle 1: tbf rate 10mbit burst 6000b limit 30000b',
  'no bucket below': 'tc qdisc del dev sv-b10000000000 parent 1:1',
  'no queue under the bucket': 'tc qdisc del dev sv-b10000000000 parent 2:1',
  'no bucket': 'tc qdisc del dev sv-b10000000000 root',
  'another root': 'tc qdisc replace dev sv-b10000000000 root handle 9: pfifo',
  'no ingress': 'tc qdisc del dev sv-b10000000000 ingress',
  'another rate up': 'tc class change dev si-a10000000000 parent 1:1 classid 1:11 htb rate 20mbit',
  'another ceiling':
    'tc class change dev si-a10000000000 parent 1:1 classid 1:11 htb rate 10mbit ceil 20mbit',
  'another turn':
    'tc class change dev si-a10000000000 parent 1:1 classid 1:11 htb prio 3 rate 10mbit ceil 10mbit',
  'no queue of its own': 'tc qdisc del dev si-a10000000000 parent 1:11',
  'no tree': 'tc qdisc del dev si-a10000000000 root',
}

for (const [name, change] of Object.entries(changes))
  t.test(`verifyLayout() finds ${name}`, async (t) => {
    using host = await namespaceHost()
    const network = networkSpec({ options: { rate: 10e6 } })
    const { plan, layout } = member(network, endpointSpec())
    await apply(host, [planNetwork(network), planMedium(network), plan])
    await readBack(layout, host)
    await host.sh(change)
    await t.rejects(readBack(layout, host), /^the kernel did not keep the shape: /)
  })

const hurdles: Record<string, string> = {
  'the bridge is gone': 'ip link del dev sl-a10000000000',
  'the medium is gone': 'ip link del dev si-a10000000000',
  'the tree is gone': 'tc qdisc del dev si-a10000000000 root',
  'the name of the link is taken': 'ip link add name sv-b10000000000 type bridge',
  'the name of the peer is taken': 'ip link add name sp-b10000000000 type bridge',
}

for (const [name, hurdle] of Object.entries(hurdles))
  t.test(`applyPlan() leaves nothing of an endpoint behind when ${name}`, async (t) => {
    using host = await namespaceHost()
    const network = networkSpec({ options: { rate: 10e6 } })
    await apply(host, [planNetwork(network), planMedium(network)])
    await host.sh(hurdle)
    const before = await stateOf(host)
    await t.rejects(applyPlan(member(network, endpointSpec()).plan, host), { name: 'CommandError' })
    t.strictSame(await stateOf(host), before)
  })
