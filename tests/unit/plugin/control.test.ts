import t, { type Test } from 'tap'
import {
  createEndpoint,
  createNetwork,
  ENDPOINT,
  idOf,
  NETWORK,
  networkSpec,
} from '../../support/messages.ts'
import { openServer } from '../fixtures/parts.ts'

const endpointPath = (network: string): string => `/v1/networks/${network}/endpoints/${ENDPOINT}/options`

/** A network with an attachment, and the control interface over it. */
async function open(t: Test) {
  const plugin = await openServer(t)
  await plugin.inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10mbit' }))
  await plugin.inject('NetworkDriver.CreateEndpoint', createEndpoint())
  const call = async (method: 'GET' | 'PATCH', url: string, body?: object) => {
    const answer = await plugin.server.inject({ method, url, ...(body ? { payload: body } : {}) })
    return { status: answer.statusCode, body: answer.json() }
  }
  const given = () => plugin.store.endpoint(ENDPOINT)?.given
  return { ...plugin, call, given }
}

t.test('an attachment is not changed by way of another network', async (t) => {
  const { call, store, given } = await open(t)
  const other = idOf('a2')
  store.addNetwork(networkSpec({ id: other, bridge: 'sl-other' }))
  store.networkReady(other)
  t.match(await call('PATCH', endpointPath(other), { options: { rate: '5mbit' } }), {
    status: 404,
    body: { error: { code: 'not_found' } },
  })
  t.strictSame(given(), {})
})

t.test('errors have a status, a code and the option at fault, and change nothing', async (t) => {
  const { call, given } = await open(t)
  const path = endpointPath(NETWORK)
  for (const [url, body, status, error] of [
    [path, { options: { rat: '1mbit' } }, 400, { code: 'invalid_option', option: 'rat' }],
    [path, { options: { jitter: '1ms' } }, 400, { code: 'invalid_option', option: 'jitter' }],
    [path, { options: { rate: 5 } }, 400, { code: 'invalid' }],
    [path, {}, 400, { code: 'invalid' }],
    [`/v1/networks/${idOf('a9')}/options`, { options: {} }, 404, { code: 'not_found' }],
  ] as const)
    t.match(await call('PATCH', url, body), { status, body: { error } })
  t.match(await call('GET', '/v1/nothing'), { status: 404, body: { error: { code: 'not_found' } } })
  t.strictSame(given(), {})
})

t.test(
  'an attachment shows its published ports as docker ps does, and none where there are none',
  async (t) => {
    const { call, store } = await open(t)
    const shown = async () => (await call('GET', '/v1/networks')).body.networks[0].endpoints[0]
    t.notOk('ports' in (await shown()))
    const published = (host: string) => ({ proto: 'tcp', host, hostPort: 8080, port: 80 }) as const
    store.publish(ENDPOINT, [published('0.0.0.0'), published('::')])
    t.strictSame((await shown()).ports, ['0.0.0.0:8080->80/tcp', '[::]:8080->80/tcp'])
  },
)

t.test('openapi describes every route, by parts that are there', async (t) => {
  const { call } = await open(t)
  const { body } = await call('GET', '/v1/openapi.json')
  t.strictSame(Object.keys(body.paths), [
    '/v1/networks',
    '/v1/networks/{id}',
    '/v1/networks/{id}/options',
    '/v1/networks/{id}/endpoints/{endpoint}/options',
    '/v1/profiles',
    '/v1/health',
    '/v1/explain',
    '/v1/openapi.json',
  ])
  const refs = [...JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name)
  for (const name of new Set(refs)) t.hasProp(body.components.schemas, String(name))
})
