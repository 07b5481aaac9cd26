import t from 'tap'
import { replaceTable } from '../../lib/kernel/nft.ts'
import { showShape } from '../../lib/kernel/tc.ts'
import { type EndpointSpec, expectedShape, planEndpoint } from '../../lib/plan/endpoint.ts'
import { planRules } from '../../lib/plan/firewall.ts'
import { type LinkOptions, type NetworkSpec, planForwarding, planNetwork } from '../../lib/plan/network.ts'
import { applyPlan, type Plan, revertPlan } from '../../lib/plan/plan.ts'
import { planMedium } from '../../lib/plan/shaping.ts'
import { type Expected, verifyShape } from '../../lib/plan/verify.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost, stateOf } from '../support/namespace-host.ts'

const apply = async (host: Namespace, plans: readonly Plan[]): Promise<void> => {
  for (const plan of plans) await applyPlan(plan, host)
}

/** What the last steps of an endpoint's plan do. */
async function readBack(expected: Expected, host: Namespace): Promise<void> {
  const lines = showShape(expected.hostEnd, expected.up?.member).map(({ line }) => line)
  verifyShape(expected, (await host.run('tc', lines, 'strict')).stdout)
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
    await host.exec(['nft', '-f', '-'], { input: `${replaceTable([], []).line}\n` })
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

const links: Record<string, [network: LinkOptions, endpoint: LinkOptions]> = {
  'no limits': [{}, {}],
  'a cap down': [{ 'rate.down': 10e6 }, {}],
  'a cap up': [{ 'rate.up': 10e6 }, {}],
  'caps both ways': [{ rate: 10e6 }, {}],
  'caps of its own': [{}, { 'rate.up': 1e6, 'rate.down': 2e6, burst: 20_000 }],
  'the least caps': [{ rate: 8e3 }, {}],
  'the most that can be': [{ rate: 4e11 }, {}],
}

for (const [name, [options, own]] of Object.entries(links))
  t.test(
    `the plans of an endpoint with ${name} apply, read back, and revert to what was before, twice`,
    async (t) => {
      using host = await namespaceHost()
      const network = networkSpec({ options })
      await applyPlan(planNetwork(network), host)
      const before = await stateOf(host)
      const endpoint = endpointSpec({ options: own })
      const expected = expectedShape(network, endpoint)
      const plans = [...(expected.up ? [planMedium(network)] : []), planEndpoint(network, endpoint)]
      await apply(host, plans)
      await readBack(expected, host)
      t.match(await host.sh('ip -br link show master sl-a10000000000'), 'sv-b10000000000')
      t.match(await host.sh('ip link show dev sp-b10000000000'), '02:42:0a:09:00:02')
      for (const _ of [1, 2]) for (const plan of plans.toReversed()) await revertPlan(plan, host)
      t.strictSame(await stateOf(host), before)
    },
  )

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
  for (const member of members) await applyPlan(planEndpoint(network, member), host)
  for (const member of members) await readBack(expectedShape(network, member), host)
  const [first, ...rest] = members as [EndpointSpec, ...EndpointSpec[]]
  await revertPlan(planEndpoint(network, first), host)
  for (const member of rest) await readBack(expectedShape(network, member), host)
  for (const member of rest) await revertPlan(planEndpoint(network, member), host)
  t.strictSame(await stateOf(host), before)
})

const changes: Record<string, string> = {
  'another rate down':
    'tc qdisc replace dev sv-b10000000000 root handle 1: tbf rate 20mbit burst 10000b limit 30000b',
  'no bucket': 'tc qdisc del dev sv-b10000000000 root',
  'another root': 'tc qdisc replace dev sv-b10000000000 root handle 2: pfifo',
  'no ingress': 'tc qdisc del dev sv-b10000000000 ingress',
  'another rate up': 'tc class change dev si-a10000000000 parent 1:1 classid 1:11 htb rate 20mbit',
  'no queue of its own': 'tc qdisc del dev si-a10000000000 parent 1:11',
  'no tree': 'tc qdisc del dev si-a10000000000 root',
}

for (const [name, change] of Object.entries(changes))
  t.test(`verifyShape() finds ${name}`, async (t) => {
    using host = await namespaceHost()
    const network = networkSpec({ options: { rate: 10e6 } })
    await apply(host, [planNetwork(network), planMedium(network), planEndpoint(network, endpointSpec())])
    const expected = expectedShape(network, endpointSpec())
    await readBack(expected, host)
    await host.sh(change)
    await t.rejects(readBack(expected, host), /^the kernel did not keep the shape: /)
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
    await t.rejects(applyPlan(planEndpoint(network, endpointSpec()), host), { name: 'CommandError' })
    t.strictSame(await stateOf(host), before)
  })
