import t, { type Test } from 'tap'
import type { NetworkSpec } from '../../../../lib/model/network.ts'
import { idOf, memberSpec, NETWORK, networkSpec } from '../../../support/messages.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openParts } from '../../fixtures/parts.ts'

const network = networkSpec({ options: { rate: 10e6 } })
const members = [2, 3, 4, 5, 6].map((number) => memberSpec(number))
const MEDIUM = /^ip link add name si-/
const [FIRST] = members as [(typeof members)[number]]

const open = async (t: Test, fail: (line: string) => string | undefined = () => undefined) => {
  const host = agreeableHost({ fail })
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  await parts.networks.addNetwork(network)
  return { ...parts, host, count: (line: RegExp) => host.lines.filter((one) => line.test(one)).length }
}

t.test('addEndpoint() makes the medium once, however many members come at once', async (t) => {
  const { networks, count, host } = await open(t)
  await Promise.all(members.map((member) => networks.addEndpoint(member)))
  t.equal(count(MEDIUM), 1)
  const made = host.lines.findIndex((line) => MEDIUM.test(line))
  t.ok(made < host.lines.findIndex((line) => line.includes('classid 1:11 htb')))
})

t.test('the medium stays from the first member that needs it to the end of the network', async (t) => {
  const { networks, count } = await open(t)
  for (const member of members) await networks.addEndpoint(member)
  await Promise.all(members.map(({ id }) => networks.removeEndpoint(id)))
  t.equal(count(/^ip link del dev si-/), 0)
  await networks.addEndpoint(FIRST)
  t.equal(count(MEDIUM), 1)
  await networks.removeNetwork(NETWORK)
  t.equal(count(/^ip link del dev si-/), 1)
})

t.test(
  'addEndpoint() does nothing more when it is repeated, also while the first is under way',
  async (t) => {
    const { networks, count } = await open(t)
    await Promise.all([networks.addEndpoint(FIRST), networks.addEndpoint(FIRST)])
    t.equal(count(/^ip link add name sv-/), 1)
  },
)

t.test('addEndpoint() leaves nothing behind when a step fails, and can be tried again', async (t) => {
  let broken = true
  const { networks, store } = await open(t, (line) =>
    broken && line.includes('master sl-') ? 'Device does not exist' : undefined,
  )
  await t.rejects(networks.addEndpoint(FIRST), { name: 'CommandError', failure: 'missing' })
  t.strictSame(store.endpoints(), [])
  broken = false
  await networks.addEndpoint(FIRST)
  t.match(store.endpoints(), [{ ready: true }])
})

t.test(
  'addEndpoint() that could not be taken back says why it failed, and is not done when it is repeated',
  async (t) => {
    const stuck = (line: string) =>
      /master sl-|link del dev sv-/.test(line) ? 'Operation not permitted' : undefined
    const { networks, store } = await open(t, stuck)
    await t.rejects(networks.addEndpoint(FIRST), { message: /master sl-/ })
    t.notMatch(store.endpoints(), [{ ready: true }])
    await t.rejects(networks.addEndpoint(FIRST), 'half made is not made')
  },
)

t.test('addNetwork() and removeNetwork() for one id wait for each other', async (t) => {
  const { networks, store, count } = await open(t)
  await Promise.all([
    networks.removeNetwork(NETWORK),
    networks.addNetwork(network),
    networks.removeNetwork(NETWORK),
  ])
  t.strictSame(store.networks(), [])
  t.equal(count(/^ip link add name sl-/), count(/^ip link del dev sl-/))
})

const twins: Readonly<Record<string, readonly [Partial<NetworkSpec>, RegExp]>> = {
  'the same bridge': [{ bridge: network.bridge, ipv4: [] }, /^bridge: interface sl-a10+ is there already/],
  'the same subnet': [{ ipv4: [{ subnet: '10.9.0.128/25' }] }, /^subnet 10.9.0.128\/25: overlaps/],
}
for (const [name, [changes, message]] of Object.entries(twins))
  t.test(`addNetwork() gives ${name} to one of two that come at once`, async (t) => {
    const host = agreeableHost()
    const { networks, store, close } = openParts(host, t.testdir())
    t.teardown(close)
    const uplink = { rate: 1e6 }
    const results = await Promise.allSettled([
      networks.addNetwork({ ...network, uplink }),
      networks.addNetwork({
        ...networkSpec({ id: idOf('a2'), ...changes }),
        options: network.options,
        uplink,
      }),
    ])
    t.match(results, [{ status: 'fulfilled' }, { status: 'rejected', reason: { message } }])
    t.match(store.networks(), [{ spec: { id: NETWORK }, ready: true }])
    t.equal(host.lines.filter((line) => /^ip link (add name|del dev) sl-/.test(line)).length, 1)
  })

t.test('addNetwork() gives a network that says nothing the MTU of the default route', async (t) => {
  const { networks } = await open(t)
  const { mtu: _, ...wanted } = networkSpec({ id: idOf('a2'), ipv4: [] })
  await networks.addNetwork(wanted)
  t.equal(networks.network(idOf('a2')).mtu, 1500)
})

t.test('addEndpoint() checks what it is given, and touches nothing where it refuses', async (t) => {
  const { networks, store, host } = await open(t)
  const lines = host.lines.length
  await t.rejects(networks.addEndpoint(memberSpec(2, { burst: 10 })), { message: /^burst: / })
  await t.rejects(networks.addEndpoint({ ...FIRST, networkId: 'nothing' }), { name: 'NotFoundError' })
  t.strictSame([store.endpoints(), host.lines.length], [[], lines])
})

t.test('join() and network() know only what there is', async (t) => {
  const { networks } = await open(t)
  t.throws(() => networks.join('nobody'), { name: 'NotFoundError' })
  t.throws(() => networks.network('nothing'), {
    name: 'NotFoundError',
    message: /^network nothing is not one of this plugin's/,
  })
})
