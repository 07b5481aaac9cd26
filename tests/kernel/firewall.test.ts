import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ownedElements } from '../../lib/engine/elements.ts'
import { aloneElements, planRules, wantedElements } from '../../lib/features/filter/elements.ts'
import { portElements } from '../../lib/features/ports/elements.ts'
import { replaceTables } from '../../lib/kernel/nft/table.ts'
import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { NetworkSpec } from '../../lib/model/network.ts'
import type { PublishedPort } from '../../lib/model/port.ts'
import { endpointSpec, IPV6_SUBNET, idOf, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost, stateOf } from '../support/namespace-host.ts'
import { openParts, type Parts } from '../unit/fixtures/parts.ts'

const web = networkSpec()
const inner = networkSpec({
  id: idOf('a2'),
  internal: true,
  ipv4: [{ subnet: '10.8.0.0/24' }],
  ipv6: [IPV6_SUBNET],
})
const routed = networkSpec({ id: idOf('a3'), masquerade: false, ipv4: [], ipv6: [{ subnet: 'fd08::/64' }] })
const apart = networkSpec({
  id: idOf('a4'),
  ipv4: [{ subnet: '10.7.0.0/24' }],
  passage: { icc: false },
})
const port: PublishedPort = { proto: 'tcp', host: '0.0.0.0', hostPort: 8080, port: 80 }
const specs: Record<string, NetworkSpec> = { masquerading: web, internal: inner, routed }

const elementsOf = (networks: readonly NetworkSpec[], outward: readonly string[]) =>
  wantedElements(
    networks.flatMap((network) => ownedElements(network, [])),
    outward,
  ).elements

const open = (t: Test, host: Namespace) => {
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  return parts
}

/** Puts an endpoint into store and rules, as a call does. */
async function settle(
  { store, firewall }: Parts,
  network: NetworkSpec,
  { ports, ...change }: Partial<EndpointSpec>,
): Promise<EndpointSpec> {
  const wanted = endpointSpec({ id: idOf(`e${network.id}`), networkId: network.id, ...change })
  const endpoint = { ...store.addEndpoint(wanted), ...(ports ? { ports } : {}) }
  store.publish(endpoint.id, ports)
  await firewall.put([...aloneElements(network, endpoint), ...portElements(network, endpoint)])
  return endpoint
}

const nft = (host: Namespace, text: string) => host.exec(['nft', '-f', '-'], { input: `${text}\n` })
const rules = (host: Namespace) => host.sh('nft list ruleset')

for (const [name, spec] of Object.entries(specs))
  t.test(
    `the rules of a network that is ${name} pass nft --check, and may be applied again and again`,
    async (t) => {
      using host = await namespaceHost()
      await nft(host, replaceTables([], { alone: false }).line)
      const [only] = planRules(spec, ['eth0', 'br-lan.5'])
      for (const { line } of [only?.apply, ...(only?.revert ?? [])].filter(
        (command) => command !== undefined,
      ))
        await host.exec(['nft', '--check', '-f', '-'], { input: `${line}\n` })
      await nft(host, only?.apply.line ?? '')
      const once = await rules(host)
      await nft(host, only?.apply.line ?? '')
      t.equal(await rules(host), once)
      for (const _ of [1, 2]) await nft(host, only?.revert?.[0]?.line ?? '')
      t.notMatch(await rules(host), spec.bridge)
    },
  )

t.test('replaceTables() gives the same table whatever was there', async (t) => {
  using host = await namespaceHost()
  const { line } = replaceTables(elementsOf([web, inner, routed], ['eth0']), { alone: false })
  await nft(host, line)
  const once = await rules(host)
  for (const before of [
    'add rule inet sluice forward drop',
    'delete element inet sluice bridges { "sl-a10000000000" }',
    'add element inet sluice bridges { "eth9" }',
    'flush chain inet sluice ours',
    'delete table inet sluice',
    'flush ruleset',
  ]) {
    await nft(host, before)
    await nft(host, line)
    t.equal(await rules(host), once, before)
  }
})

t.test('admit() and dismiss() may be repeated, and the last network takes the table along', async (t) => {
  using host = await namespaceHost()
  const { firewall, store } = open(t, host)
  await nft(host, 'add table inet theirs')
  const before = await stateOf(host)
  const after: string[] = []
  for (const spec of [web, inner, routed]) {
    store.addNetwork(spec)
    await firewall.admit(spec, ['lo'])
    await firewall.expect(spec)
    after.push(await rules(host))
    await firewall.admit(spec, ['lo'])
    await firewall.expect(spec)
    t.equal(await rules(host), after.at(-1))
  }
  for (const spec of [routed, inner, web]) {
    t.equal(await rules(host), after.pop())
    store.networkLeaving(spec.id)
    for (const _ of [1, 2]) await firewall.dismiss(spec)
    store.removeNetwork(spec.id)
  }
  t.strictSame(await stateOf(host), before)
})

t.test(
  'put() and take() leave what was there, with the table of family bridge for as long as it is needed',
  async (t) => {
    using host = await namespaceHost()
    const parts = open(t, host)
    const { firewall, store } = parts
    for (const spec of [web, apart]) {
      store.addNetwork(spec)
      await firewall.admit(spec, [])
      await firewall.expect(spec)
    }
    const before = await rules(host)
    const endpoint = await settle(parts, web, { ports: [port], address4: '10.9.0.2' })
    t.match(await rules(host), '8080 : 10.9.0.2 . 80')
    t.notOk(await firewall.repair(), 'repair() finds nothing to do')
    store.publish(endpoint.id, undefined)
    for (const _ of [1, 2]) await firewall.take(portElements(web, endpoint))
    t.equal(await rules(host), before)
    const other = await settle(parts, apart, {})
    t.notOk(await firewall.repair(), 'repair() finds nothing to do')
    store.removeEndpoint(other.id)
    await firewall.take(aloneElements(apart, other))
    t.equal(await rules(host), before)
    store.networkLeaving(apart.id)
    await firewall.dismiss(apart)
    t.notMatch(await rules(host), 'table bridge')
    t.notOk(await firewall.repair(), 'repair() finds nothing to do')
  },
)

t.test('put() sets the whole right where a port leads elsewhere already', async (t) => {
  using host = await namespaceHost()
  const parts = open(t, host)
  parts.store.addNetwork(web)
  await parts.firewall.admit(web, [])
  await parts.firewall.expect(web)
  await nft(host, 'add element inet sluice any4 { 6 . 8080 : 10.9.0.66 . 80 }')
  await settle(parts, web, { ports: [port], address4: '10.9.0.2' })
  t.match(await rules(host), '8080 : 10.9.0.2 . 80')
  t.notMatch(await rules(host), '10.9.0.66')
})

const damages: Record<string, string> = {
  'nft flush ruleset': 'flush ruleset',
  'a table deleted': 'delete table inet sluice',
  'an element deleted': 'delete element inet sluice bridges { "sl-a10000000000" }',
  'a foreign element': 'add element inet sluice bridges { "eth0" }',
  'another way out': 'add element inet sluice outward { "br-lan" }',
  'no masquerading': 'flush set inet sluice masquerade4',
  'an internal network opened': 'flush set inet sluice internal',
  'no traffic among members': 'flush set inet sluice within',
  'a chain flushed': 'flush chain inet sluice ours',
  'the hook flushed': 'flush chain inet sluice forward',
  'a port that is not published any more': 'flush map inet sluice any4',
  'a port that leads elsewhere':
    'flush map inet sluice any4; add element inet sluice any4 { 6 . 8080 : 10.9.0.66 . 80 }',
  'a foreign port': 'add element inet sluice named4 { 127.0.0.1 . 6 . 22 : 10.9.0.66 . 22 }',
  'neighbours that reach each other': 'delete table bridge sluice',
  'a neighbour that reaches the others': 'flush set bridge sluice alone',
  'a rule that drops all': 'insert rule inet sluice pass drop',
  'a rule in the place of ours': 'flush chain inet sluice guard; add rule inet sluice guard accept',
  'a hook that drops what no rule accepts': 'chain inet sluice forward { policy drop; }',
}

for (const [name, damage] of Object.entries(damages))
  t.test(`repair() sets right ${name}`, async (t) => {
    using host = await namespaceHost()
    const parts = open(t, host)
    const { firewall, store } = parts
    for (const spec of [web, inner, apart]) {
      store.addNetwork(spec)
      await firewall.admit(spec, [])
      await firewall.expect(spec)
    }
    await settle(parts, web, { ports: [port], address4: '10.9.0.2' })
    await settle(parts, apart, {})
    const right = await rules(host)
    t.notOk(await firewall.repair(), 'nothing is wrong')
    await nft(host, damage)
    t.ok(await firewall.repair(), 'it is seen')
    t.equal(await rules(host), right)
    t.notOk(await firewall.repair(), 'and is right afterwards')
  })

/** Rows that cannot all be in the rules, by what is wrong with them, and what is said of it. */
const faulty: Record<string, readonly [spoil: (parts: Parts) => void, fault: RegExp]> = {
  'two endpoints that claim one port': [
    ({ store }) => {
      const other = store.addEndpoint(
        endpointSpec({ id: idOf('e9'), networkId: apart.id, address4: '10.7.0.9' }),
      )
      store.publish(other.id, [port])
    },
    /^rule any4 \{ 6 \. 8080 : 10\.7\.0\.9 \. 80 \} of the container with the address 10\.7\.0\.9 .*: the container .* 10\.9\.0\.2 .* has it$/,
  ],
  'an address that is none': [
    ({ store }) => {
      const other = store.addEndpoint(
        endpointSpec({ id: idOf('e9'), networkId: apart.id, address4: '10.7.0.999' }),
      )
      store.publish(other.id, [{ ...port, hostPort: 8081 }])
    },
    /^rule any4 \{ 6 \. 8081 : 10\.7\.0\.999 \. 80 \} of the container with the address 10\.7\.0\.999 /,
  ],
  'a name that is none': [
    ({ store }) =>
      store.addNetwork({ ...networkSpec({ id: idOf('a9'), ipv4: [], ipv6: [] }), bridge: 'no "name' }),
    /^rule bridges \{ no "name \} of the network with the bridge no "name: nft: not a name/,
  ],
  'subnets that overlap': [
    ({ store }) =>
      store.addNetwork(networkSpec({ id: idOf('a9'), ipv4: [{ subnet: '10.9.0.0/25' }], ipv6: [] })),
    /^rule subnets4 \{ 10\.9\.0\.0\/25 \} of the network with the bridge sl-a9/,
  ],
}

for (const [name, [spoil, fault]] of Object.entries(faulty))
  t.test(`${name}: all other rules are set, and the fault is told until it is mended`, async (t) => {
    using host = await namespaceHost()
    const parts = open(t, host)
    const { firewall, store } = parts
    for (const spec of [web, apart]) {
      store.addNetwork(spec)
      await firewall.admit(spec, [])
      await firewall.expect(spec)
    }
    await settle(parts, web, { ports: [port], address4: '10.9.0.2' })
    const right = await rules(host)
    spoil(parts)
    await nft(host, 'flush ruleset')
    t.ok(await firewall.repair(), 'it is seen')
    const now = await rules(host)
    t.match(now, '8080 : 10.9.0.2 . 80')
    for (const spec of [web, apart]) t.match(now, spec.bridge)
    t.ok(
      firewall.faults().some((one) => fault.test(one)),
      firewall.faults().join('\n'),
    )
    t.notOk(await firewall.repair(), 'what cannot be is not tried for ever')
    t.ok(firewall.faults().length > 0)

    // What comes and goes meanwhile does so.
    const late = { ...port, hostPort: 9090 }
    await firewall.put(portElements(web, endpointSpec({ address4: '10.9.0.3', ports: [late] })))
    t.match(await rules(host), '9090 : 10.9.0.3 . 80')

    store.removeEndpoint(idOf('e9'))
    store.removeNetwork(idOf('a9'))
    await firewall.repair()
    t.strictSame(firewall.faults(), [])
    t.equal(await rules(host), right)
  })

t.test('what nft refuses is set once it is taken', async (t) => {
  using host = await namespaceHost()
  const parts = open(t, host)
  const { firewall, store } = parts
  store.addNetwork(web)
  await firewall.admit(web, [])
  await firewall.expect(web)
  const narrow = networkSpec({ id: idOf('a9'), ipv4: [{ subnet: '10.9.0.0/25' }], ipv6: [] })
  store.addNetwork(narrow)
  await t.rejects(
    firewall.put([{ set: 'subnets4', key: ['10.9.0.0/25'] }]),
    'whoever asks for what cannot be is told',
  )
  await firewall.repair()
  t.equal(firewall.faults().length, 2)
  store.removeNetwork(web.id)
  await firewall.repair()
  t.strictSame(firewall.faults(), [])
  t.match(await rules(host), '10.9.0.0/25')
})

t.test('repair() removes the table when no network is left', async (t) => {
  using host = await namespaceHost()
  const { firewall } = open(t, host)
  await nft(host, replaceTables(elementsOf([web], []), { alone: false }).line)
  t.ok(await firewall.repair())
  t.equal(await rules(host), '')
  t.notOk(await firewall.repair())
})

t.test(
  'admit() works beside the call once nft is known to work, and expect() does again what failed',
  async (t) => {
    using host = await namespaceHost()
    const parts = open(t, host)
    await parts.firewall.repair()
    parts.store.addNetwork(web)
    const failing = { ...web, bridge: 'a name that nft\n does not take' }
    await t.rejects(
      parts.firewall.admit(failing, []).then(() => parts.firewall.expect(failing)),
      { name: 'RangeError' },
    )
    await parts.firewall.admit(web, [])
    await parts.firewall.expect(web)
    t.match(await rules(host), web.bridge)
  },
)

t.test('a network that is removed as soon as it is made leaves no rules behind', async (t) => {
  using host = await namespaceHost()
  const { firewall, networks } = open(t, host)
  await firewall.repair()
  for (const _ of [1, 2, 3]) {
    await networks.addNetwork(web)
    await networks.removeNetwork(web.id)
    await sleep(50)
    t.equal((await rules(host)).trim(), '')
  }
})
