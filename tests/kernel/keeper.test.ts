import t, { type Test } from 'tap'
import { bridgeName, hostEndName, mediumName } from '../../lib/names.ts'
import { IPV6_SUBNET, memberSpec, NETWORK, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost, stateOf } from '../support/namespace-host.ts'
import { openParts } from '../unit/fixtures/parts.ts'

const network = networkSpec({ options: { rate: 10e6 }, ipv6: [IPV6_SUBNET] })
const BRIDGE = bridgeName(NETWORK)
const IFB = mediumName(NETWORK)
const [FIRST, SECOND] = [memberSpec(2), memberSpec(3)]
const HOST_END = hostEndName(FIRST.id)

/** A network with two members, both joined. */
async function open(t: Test, host: Namespace) {
  const directory = t.testdir()
  const parts = openParts(host, directory)
  await parts.networks.addNetwork(NETWORK, () => network)
  for (const member of [FIRST, SECOND]) {
    await parts.networks.addEndpoint(network, member)
    parts.networks.join(member.id)
  }
  t.teardown(() => (parts.database.isOpen ? parts.close() : undefined))
  return {
    ...parts,
    restart: () => {
      parts.close()
      const again = openParts(host, directory)
      t.teardown(again.close)
      return again
    },
  }
}

t.test('recover() and reconcile() find nothing to do on a host that is as it should be', async (t) => {
  using host = await namespaceHost()
  const { restart, keeper } = await open(t, host)
  const before = await stateOf(host)
  t.strictSame(await keeper.reconcile(), [])
  t.strictSame(await restart().keeper.recover(), [])
  t.strictSame(await stateOf(host), before)
})

t.test(
  'recover() makes bridges and rules again on a host that has lost all, and forgets its endpoints',
  async (t) => {
    const names = [await namespaceHost(), await namespaceHost()] as const
    using old = names[0]
    using fresh = names[1]
    const directory = t.testdir()
    const parts = openParts(old, directory)
    await parts.networks.addNetwork(NETWORK, () => network)
    await parts.networks.addEndpoint(network, FIRST)
    await parts.networks.removeEndpoint(FIRST.id)
    const wanted = await stateOf(old)
    await parts.networks.addEndpoint(network, FIRST)
    parts.networks.join(FIRST.id)
    parts.close()
    const after = openParts(fresh, directory)
    t.teardown(after.close)
    t.match(await after.keeper.recover(), [
      `endpoint ${FIRST.id} has no link any more: forgotten`,
      `bridge ${BRIDGE} was not as it should be: repaired`,
      `medium ${IFB} was not whole: made anew`,
      'rules were not as they should be: set again',
    ])
    t.strictSame(await stateOf(fresh), wanted)
    t.strictSame(after.store.endpoints(), [])
    t.strictSame(await after.keeper.recover(), [], 'a second time there is nothing to do')
  },
)

t.test('recover() forgets an endpoint whose container is gone, and only that', async (t) => {
  using host = await namespaceHost()
  const { restart } = await open(t, host)
  await host.sh(`ip link del dev ${HOST_END}`)
  const { keeper, store } = restart()
  t.match(await keeper.recover(), [/^endpoint .* has no link any more: forgotten$/])
  t.strictSame(
    store.endpoints().map(({ spec }) => spec.id),
    [SECOND.id],
  )
  t.notMatch(await host.sh(`tc class show dev ${IFB}`), 'class htb 1:11 ')
})

t.test('recover() takes back what was half made and half removed', async (t) => {
  using host = await namespaceHost()
  const before = await stateOf(host)
  const { store, restart } = await open(t, host)
  store.addEndpoint(memberSpec(4))
  store.networkLeaving(NETWORK)
  const again = restart()
  t.match(await again.keeper.recover(), [
    `endpoint ${memberSpec(4).id} was half made: taken back`,
    `network ${NETWORK} was half made or half removed: removed`,
  ])
  t.strictSame([again.store.networks(), again.store.endpoints()], [[], []])
  t.strictSame(await stateOf(host), before)
})

t.test('reconcile() deletes stray links of ours and leaves those that only look like ours', async (t) => {
  using host = await namespaceHost()
  const { keeper } = await open(t, host)
  const stray = ['sl-stray', 'si-stray', 'sv-stray']
  for (const name of stray) {
    await host.sh(`ip link add name ${name} group 20942 type bridge`)
    await host.sh(`ip link set dev ${name} alias sluice/network/stray`)
  }
  const foreign = ['sl-foreign', 'sv-foreign', 'sl-group', 'sl-alias']
  for (const name of foreign)
    await host.sh(`ip link add name ${name}${name === 'sl-group' ? ' group 20942' : ''} type bridge`)
  await host.sh('ip link set dev sl-alias alias sluice/network/theirs')
  t.strictSame(
    (await keeper.reconcile()).toSorted(),
    stray.map((name) => `link ${name} belongs to nothing: deleted`).toSorted(),
  )
  const links = await host.sh('ip -br link')
  for (const name of stray) t.notMatch(links, name)
  for (const name of foreign) t.match(links, name)
  t.strictSame(await keeper.reconcile(), [])
})

const damages: Record<string, string[]> = {
  'the bucket': [`tc qdisc del dev ${HOST_END} root`],
  'another rate down': [
    `tc qdisc replace dev ${HOST_END} root handle 1: tbf rate 1gbit burst 500000b limit 1500000b`,
  ],
  'the ingress': [`tc qdisc del dev ${HOST_END} ingress`],
  'the class': [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`,
    `tc class del dev ${IFB} classid 1:11`,
  ],
  'another rate up': [`tc class change dev ${IFB} parent 1:1 classid 1:11 htb rate 1gbit`],
  'the queue of a class': [`tc qdisc del dev ${IFB} parent 1:11`],
  'the filter of a member': [`tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`],
  'all filters': [`tc filter del dev ${IFB} parent 1:`],
  'the redirect': [`tc filter del dev ${HOST_END} ingress`],
  'the tree': [`tc qdisc del dev ${IFB} root`],
  'the medium': [`ip link del dev ${IFB}`],
  'the medium, switched off': [`ip link set dev ${IFB} down`],
  'the address of the bridge': [`ip addr del 10.9.0.1/24 dev ${BRIDGE}`],
  'the IPv6 address of the bridge': [`ip addr del fd09::1/64 dev ${BRIDGE}`],
  'the bridge, switched off': [`ip link set dev ${BRIDGE} down`],
  'the bridge': [`ip link del dev ${BRIDGE}`],
  'a link that was unplugged': [`ip link set dev ${HOST_END} nomaster`],
  'a link that was switched off': [`ip link set dev ${HOST_END} down`],
  'the rules': ['nft flush ruleset'],
}

for (const [name, lines] of Object.entries(damages))
  t.test(`reconcile() brings back ${name}`, async (t) => {
    using host = await namespaceHost()
    const { keeper, store } = await open(t, host)
    const right = await stateOf(host)
    for (const line of lines) await host.sh(line)
    const repairs = await keeper.reconcile()
    t.ok(
      repairs.length > 0 && !repairs.some((repair) => repair.startsWith('cannot')),
      repairs.join('; ') || 'not seen',
    )
    t.strictSame(await stateOf(host), right)
    t.equal(store.endpoints().length, 2)
    t.strictSame(await keeper.reconcile(), [])
  })

t.test('recover() releases addresses of endpoints that never came, once they are old', async (t) => {
  using host = await namespaceHost()
  const { pools, restart } = await open(t, host)
  const range = { family: 4 as const, base: 0x0a_09_00_00n, prefix: 24 }
  const { id } = pools.addPool('sluice-local', range, range)
  for (const last of [1n, 2n, 3n, 9n])
    pools.takeAddress(id, last === 1n ? 'gateway' : 'endpoint', { family: 4, value: range.base + last })
  const { keeper, database } = restart()
  t.strictSame(await keeper.recover(), [], 'they may still come')
  database.exec('UPDATE addresses SET made = 0')
  t.strictSame(await keeper.recover(), ['address 10.9.0.9 belongs to no endpoint: released'])
})

t.test('reconcile() forgets an endpoint that was never joined, once it is old', async (t) => {
  using host = await namespaceHost()
  const { keeper, database, store } = await open(t, host)
  database.exec('UPDATE endpoints SET joined = 0 WHERE slot = 0')
  t.strictSame(await keeper.reconcile(), [], 'it may still be')
  database.exec('UPDATE endpoints SET made = 0')
  t.strictSame(await keeper.reconcile(), [`endpoint ${FIRST.id} was never joined: forgotten`])
  const left = store.endpoints().map(({ spec }) => spec.id)
  t.strictSame(left, [SECOND.id])
  t.notMatch(await host.sh('ip -br link'), HOST_END)
})

t.test('a qdisc of somebody else on our link is reported and left', async (t) => {
  using host = await namespaceHost()
  const { keeper } = await open(t, host)
  await host.sh(`tc qdisc del dev ${HOST_END} root`)
  await host.sh(`tc qdisc add dev ${HOST_END} root handle 9: pfifo`)
  t.match(await keeper.reconcile(), [/^cannot repair: somebody put qdisc pfifo 9: on sv-/])
  t.match(await host.sh(`tc qdisc show dev ${HOST_END}`), 'pfifo 9:')
})
