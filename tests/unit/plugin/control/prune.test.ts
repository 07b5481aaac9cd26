import t, { type Test } from 'tap'
import { parseSubnet } from '../../../../lib/values/addresses.ts'
import { pruneNetwork } from '../../../../plugin/control/prune.ts'
import { endpointSpec, idOf, NETWORK, networkSpec } from '../../../support/messages.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openParts } from '../../fixtures/parts.ts'

const OTHER = idOf('a2')
const OTHER_BRIDGE = 'sl-a20000000000'

/** Two networks: the engine knows the other one. @param links that the host has */
function open(
  t: Test,
  { links = [], state = 'followed' }: { links?: readonly string[]; state?: string } = {},
) {
  const devices = ['lo', ...links].map((name) => `${name}: 0 0 0\n`).join('')
  const host = agreeableHost({ files: { '/proc/net/dev': devices } })
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  const { store, names, pools } = parts
  store.addNetwork(networkSpec())
  store.addNetwork(
    networkSpec({
      id: OTHER,
      bridge: OTHER_BRIDGE,
      ipv4: [{ subnet: '10.8.0.0/24', gateway: '10.8.0.1/24' }],
    }),
  )
  for (const id of [NETWORK, OTHER]) store.networkReady(id)
  store.addEndpoint(endpointSpec())
  names.networksAre(new Map([[OTHER, 'other']]))
  for (const text of ['10.9.0.0/24', '10.8.0.0/24']) {
    const subnet = parseSubnet(text)
    pools.addPool('sluice-local', subnet, subnet)
  }
  const prune = (id: string) => pruneNetwork(id, { ...parts, host, follower: { state: () => state } })
  return { ...parts, host, prune }
}

t.test('what the engine does not know is removed, with its members and its pool', async (t) => {
  const { prune, store, pools, host } = open(t)
  t.strictSame(await prune(NETWORK), { id: NETWORK, bridge: 'sl-a10000000000', endpoints: 1 })
  t.strictSame(
    store.networks().map(({ spec }) => spec.id),
    [OTHER],
  )
  t.strictSame(store.endpoints(), [])
  t.strictSame(
    pools.pools().map(({ subnet }) => subnet),
    [parseSubnet('10.8.0.0/24')],
  )
  t.ok(host.lines.includes('ip link del dev sl-a10000000000'), host.lines.join('\n'))
  t.notOk(host.lines.some((line) => line.includes(OTHER_BRIDGE)))
})

const refused: Record<
  string,
  [id: string, given: Parameters<typeof open>[1], name: string, message: RegExp]
> = {
  'a network that the engine knows': [OTHER, {}, 'ConflictError', /the engine knows it, docker network rm/],
  'a network of which it is not known': [
    NETWORK,
    { state: 'not followed: no engine' },
    'ConflictError',
    /^cannot tell whether the engine knows network a1.*: the engine is not followed: no engine$/,
  ],
  'a network with a container on it': [
    NETWORK,
    { links: ['sv-b10000000000'] },
    'ConflictError',
    /container b10000000000 is on it$/,
  ],
  'a network that is not here': [idOf('a3'), {}, 'NotFoundError', /a3/],
}

for (const [name, [id, given, error, message]] of Object.entries(refused))
  t.test(`${name} stays`, async (t) => {
    const { prune, store, host } = open(t, given)
    await prune(id).then(
      () => t.fail('it was removed'),
      (refusal: Error) => t.match([refusal.constructor.name, refusal.message], [error, message]),
    )
    t.equal(store.networks().length, 2)
    t.strictSame(
      host.lines.filter((line) => line.includes(' del ')),
      [],
    )
  })

t.test('an end that a container has given back is no container', async (t) => {
  const { prune } = open(t, { links: ['sv-b10000000000', 'sp-b10000000000'] })
  t.match(await prune(NETWORK), { endpoints: 1 })
})

t.test('a network that the engine has named none yet stays', async (t) => {
  const { prune, store } = open(t)
  const fresh = idOf('a4')
  store.addNetwork(networkSpec({ id: fresh, bridge: 'sl-fresh' }))
  await t.rejects(prune(fresh), /the engine knows it/)
})
