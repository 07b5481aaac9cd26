import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { replaceTable } from '../../lib/kernel/nft.ts'
import { planRules } from '../../lib/plan/firewall.ts'
import type { NetworkSpec } from '../../lib/plan/network.ts'
import { IPV6_SUBNET, idOf, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost, stateOf } from '../support/namespace-host.ts'
import { openParts } from '../unit/fixtures/parts.ts'

const web = networkSpec()
const inner = networkSpec({
  id: idOf('a2'),
  internal: true,
  ipv4: [{ subnet: '10.8.0.0/24' }],
  ipv6: [IPV6_SUBNET],
})
const routed = networkSpec({ id: idOf('a3'), masquerade: false, ipv4: [], ipv6: [{ subnet: 'fd08::/64' }] })
const specs: Record<string, NetworkSpec> = { masquerading: web, internal: inner, routed }

const open = (t: Test, host: Namespace) => {
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  return parts
}

const nft = (host: Namespace, text: string) => host.exec(['nft', '-f', '-'], { input: `${text}\n` })
const rules = (host: Namespace) => host.sh('nft list ruleset')

for (const [name, spec] of Object.entries(specs))
  t.test(
    `the rules of a network that is ${name} pass nft --check, and may be applied again and again`,
    async (t) => {
      using host = await namespaceHost()
      await nft(host, replaceTable([], []).line)
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

t.test('replaceTable() gives the same table whatever was there', async (t) => {
  using host = await namespaceHost()
  const { line } = replaceTable([web, inner, routed], ['eth0'])
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
  'a rule that drops all': 'insert rule inet sluice pass drop',
}

for (const [name, damage] of Object.entries(damages))
  t.test(`repair() sets right ${name}`, async (t) => {
    using host = await namespaceHost()
    const { firewall, store } = open(t, host)
    for (const spec of [web, inner]) {
      store.addNetwork(spec)
      await firewall.admit(spec, [])
      await firewall.expect(spec)
    }
    const right = await rules(host)
    t.notOk(await firewall.repair(), 'nothing is wrong')
    await nft(host, damage)
    t.ok(await firewall.repair(), 'it is seen')
    t.equal(await rules(host), right)
    t.notOk(await firewall.repair(), 'and is right afterwards')
  })

t.test('repair() removes the table when no network is left', async (t) => {
  using host = await namespaceHost()
  const { firewall } = open(t, host)
  await nft(host, replaceTable([web], []).line)
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
    await networks.addNetwork(web.id, () => web)
    await networks.removeNetwork(web.id)
    await sleep(50)
    t.equal((await rules(host)).trim(), '')
  }
})
