import t, { type Test } from 'tap'
import { memberSpec, NETWORK, networkSpec } from '../../../support/messages.ts'
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
  await parts.networks.addNetwork(NETWORK, () => network)
  return { ...parts, host, count: (line: RegExp) => host.lines.filter((one) => line.test(one)).length }
}

t.test('addEndpoint() makes the medium once, however many members come at once', async (t) => {
  const { networks, count, host } = await open(t)
  await Promise.all(members.map((member) => networks.addEndpoint(network, member)))
  t.equal(count(MEDIUM), 1)
  const made = host.lines.findIndex((line) => MEDIUM.test(line))
  t.ok(made < host.lines.findIndex((line) => line.includes('classid 1:11 htb')))
})

t.test('the medium stays from the first member that needs it to the end of the network', async (t) => {
  const { networks, count } = await open(t)
  for (const member of members) await networks.addEndpoint(network, member)
  await Promise.all(members.map(({ id }) => networks.removeEndpoint(id)))
  t.equal(count(/^ip link del dev si-/), 0)
  await networks.addEndpoint(network, FIRST)
  t.equal(count(MEDIUM), 1)
  await networks.removeNetwork(NETWORK)
  t.equal(count(/^ip link del dev si-/), 1)
})

t.test(
  'addEndpoint() does nothing more when it is repeated, also while the first is under way',
  async (t) => {
    const { networks, count } = await open(t)
    await Promise.all([networks.addEndpoint(network, FIRST), networks.addEndpoint(network, FIRST)])
    t.equal(count(/^ip link add name sv-/), 1)
  },
)

t.test('addEndpoint() leaves nothing behind when a step fails, and can be tried again', async (t) => {
  let broken = true
  const { networks, store } = await open(t, (line) =>
    broken && line.includes('master sl-') ? 'Device does not exist' : undefined,
  )
  await t.rejects(networks.addEndpoint(network, FIRST), { name: 'CommandError', failure: 'missing' })
  t.strictSame(store.endpoints(), [])
  broken = false
  await networks.addEndpoint(network, FIRST)
  t.match(store.endpoints(), [{ ready: true }])
})

t.test(
  'addEndpoint() that could not be taken back says why it failed, and is not done when it is repeated',
  async (t) => {
    const stuck = (line: string) =>
      /master sl-|link del dev sv-/.test(line) ? 'Operation not permitted' : undefined
    const { networks, store } = await open(t, stuck)
    await t.rejects(networks.addEndpoint(network, FIRST), { message: /master sl-/ })
    t.notMatch(store.endpoints(), [{ ready: true }])
    await t.rejects(networks.addEndpoint(network, FIRST), 'half made is not made')
  },
)

t.test('addNetwork() and removeNetwork() for one id wait for each other', async (t) => {
  const { networks, store, count } = await open(t)
  await Promise.all([
    networks.removeNetwork(NETWORK),
    networks.addNetwork(NETWORK, () => network),
    networks.removeNetwork(NETWORK),
  ])
  t.strictSame(store.networks(), [])
  t.equal(count(/^ip link add name sl-/), count(/^ip link del dev sl-/))
})

t.test('join() and network() know only what there is', async (t) => {
  const { networks } = await open(t)
  t.throws(() => networks.join('nobody'), { name: 'InvalidRequestError' })
  t.throws(() => networks.network('nothing'), {
    name: 'InvalidRequestError',
    message: /^network nothing is not one of this plugin's/,
  })
})
