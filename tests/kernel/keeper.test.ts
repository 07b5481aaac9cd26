import t from 'tap'
import { memberSpec, NETWORK } from '../support/messages.ts'
import { namespaceHost, stateOf } from '../support/namespace-host.ts'
import { BRIDGE, capped, FIRST, HOST_END, IFB, openPair, SECOND } from './fixtures/pair.ts'
import { faultsOf, openReal } from './fixtures/real.ts'

t.test('recover() and reconcile() find nothing to do on a host that is as it should be', async (t) => {
  using host = await namespaceHost()
  const { restart, keeper } = await openPair(t, host)
  const before = await stateOf(host)
  t.strictSame(await keeper.reconcile(), [])
  t.strictSame(await (await restart()).keeper.recover(), [])
  t.strictSame(await stateOf(host), before)
})

t.test(
  'recover() makes bridges and rules again on a host that has lost all, and forgets its endpoints',
  async (t) => {
    const names = [await namespaceHost(), await namespaceHost()] as const
    using old = names[0]
    using fresh = names[1]
    const directory = t.testdir()
    const parts = await openReal(old, directory)
    await parts.networks.addNetwork(capped)
    await parts.networks.addEndpoint(FIRST)
    await parts.networks.removeEndpoint(FIRST.id)
    const wanted = await stateOf(old)
    await parts.networks.addEndpoint(FIRST)
    parts.networks.join(FIRST.id)
    parts.close()
    const after = await openReal(fresh, directory)
    t.teardown(after.close)
    t.strictSame(faultsOf(await after.keeper.recover()), [
      `endpoint ${FIRST.id} has no link any more: forgotten`,
      `bridge ${BRIDGE} was deleted or changed: restored`,
      `rebuilt IFB ${IFB}: class tree incomplete`,
      'nftables rules were changed: restored',
    ])
    t.strictSame(await stateOf(fresh), wanted)
    t.strictSame(after.store.endpoints(), [])
    t.strictSame(await after.keeper.recover(), [], 'a second time there is nothing to do')
  },
)

t.test('recover() forgets an endpoint whose container is gone, and only that', async (t) => {
  using host = await namespaceHost()
  const { restart } = await openPair(t, host)
  await host.sh(`ip link del dev ${HOST_END}`)
  const { keeper, store } = await restart()
  t.match(faultsOf(await keeper.recover()), [/^endpoint .* has no link any more: forgotten$/])
  t.strictSame(
    store.endpoints().map(({ spec }) => spec.id),
    [SECOND.id],
  )
  t.notMatch(await host.sh(`tc class show dev ${IFB}`), 'class htb 1:11 ')
})

t.test('recover() takes back what was half made and half removed', async (t) => {
  using host = await namespaceHost()
  const before = await stateOf(host)
  const { store, restart } = await openPair(t, host)
  store.addEndpoint(memberSpec(4))
  store.networkLeaving(NETWORK)
  const again = await restart()
  t.strictSame(faultsOf(await again.keeper.recover()), [
    `endpoint ${memberSpec(4).id} was half made: removed`,
    `network ${NETWORK} was half made or half removed: removed`,
  ])
  t.strictSame([again.store.networks(), again.store.endpoints()], [[], []])
  t.strictSame(await stateOf(host), before)
})

t.test('reconcile() deletes stray links of ours and leaves those that only look like ours', async (t) => {
  using host = await namespaceHost()
  const { keeper } = await openPair(t, host)
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
    faultsOf(await keeper.reconcile()).toSorted(),
    stray.map((name) => `deleted stray link ${name}`).toSorted(),
  )
  const links = await host.sh('ip -br link')
  for (const name of stray) t.notMatch(links, name)
  for (const name of foreign) t.match(links, name)
  t.strictSame(await keeper.reconcile(), [])
})

t.test('recover() releases addresses of endpoints that never came, once they are old', async (t) => {
  using host = await namespaceHost()
  const { pools, restart } = await openPair(t, host)
  const range = { family: 4 as const, base: 0x0a_09_00_00n, prefix: 24 }
  const { id } = pools.addPool('sluice-local', range, range)
  for (const last of [1n, 2n, 3n, 9n])
    pools.takeAddress(id, last === 1n ? 'gateway' : 'endpoint', { family: 4, value: range.base + last })
  const { keeper, database } = await restart()
  t.strictSame(await keeper.recover(), [], 'they may still come')
  database.exec('UPDATE addresses SET made = 0')
  t.strictSame(faultsOf(await keeper.recover()), ['address 10.9.0.9 belongs to no endpoint: released'])
})

t.test('reconcile() forgets an endpoint that was never joined, once it is old', async (t) => {
  using host = await namespaceHost()
  const { keeper, database, store } = await openPair(t, host)
  database.exec('UPDATE endpoints SET joined = 0 WHERE slot = 0')
  t.strictSame(await keeper.reconcile(), [], 'it may still be')
  database.exec('UPDATE endpoints SET made = 0')
  t.strictSame(faultsOf(await keeper.reconcile()), [`endpoint ${FIRST.id} was never joined: forgotten`])
  const left = store.endpoints().map(({ spec }) => spec.id)
  t.strictSame(left, [SECOND.id])
  t.notMatch(await host.sh('ip -br link'), HOST_END)
})

t.test('a qdisc of somebody else on our link is reported and left', async (t) => {
  using host = await namespaceHost()
  const { keeper } = await openPair(t, host)
  await host.sh(`tc qdisc del dev ${HOST_END} root`)
  await host.sh(`tc qdisc add dev ${HOST_END} root handle 9: pfifo`)
  t.match(await keeper.reconcile(), [
    { feature: 'shaping', fault: /^foreign qdisc pfifo 9: on sv-/, repaired: false, endpoint: FIRST.id },
  ])
  t.match(await host.sh(`tc qdisc show dev ${HOST_END}`), 'pfifo 9:')
})
