import t, { type Test } from 'tap'
import {
  createEndpoint,
  createNetwork,
  ENDPOINT,
  idOf,
  NETWORK,
  networkSpec,
} from '../../../support/messages.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openServer } from '../../fixtures/parts.ts'

const endpointPath = (network: string): string => `/v1/networks/${network}/endpoints/${ENDPOINT}/options`

/** programs that a change of one option starts in the plugin */
const MOST = 5

/** A network with an attachment, and the control interface over it. */
async function open(t: Test) {
  const host = agreeableHost()
  const plugin = await openServer(t, host)
  await plugin.inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10mbit' }))
  await plugin.inject('NetworkDriver.CreateEndpoint', createEndpoint())
  const call = async (method: 'GET' | 'PATCH', url: string, body?: object) => {
    const answer = await plugin.server.inject({ method, url, ...(body ? { payload: body } : {}) })
    return { status: answer.statusCode, body: answer.json() }
  }
  const given = () => plugin.store.endpoint(ENDPOINT)?.given
  return { ...plugin, host, call, given }
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

t.test(
  'a network is found by its id or the beginning of it, and what there is none of is said',
  async (t) => {
    const { call, store } = await open(t)
    for (const found of [NETWORK, NETWORK.slice(0, 12), NETWORK.slice(0, 4)])
      t.match(await call('GET', `/v1/networks/${found}`), { status: 200, body: { id: NETWORK } })
    for (const none of ['bridge', 'web', NETWORK.slice(0, 3), `${NETWORK}0`])
      t.match(await call('GET', `/v1/networks/${none}`), {
        status: 404,
        body: {
          error: {
            code: 'not_found',
            message: `no network of Sluice's is called "${none}"; docker sluice ls shows those that are`,
          },
        },
      })
    const other = `${NETWORK.slice(0, 6)}1`.padEnd(64, '1')
    store.addNetwork(networkSpec({ id: other, bridge: 'sl-other' }))
    store.networkReady(other)
    t.match(await call('GET', `/v1/networks/${NETWORK.slice(0, 6)}`), {
      status: 404,
      body: { error: { code: 'not_found', message: /is ambiguous: 2 of Sluice's are called so$/ } },
    })
    const path = `/v1/networks/${NETWORK.slice(0, 8)}/endpoints/${ENDPOINT.slice(0, 8)}/options`
    t.match(await call('PATCH', path, { options: { rate: '5mbit' } }), {
      status: 200,
      body: { id: ENDPOINT },
    })
  },
)

t.test('all who ask for networks at once share one look at the host, until something changes', async (t) => {
  const { call, host, store } = await open(t)
  const looks = () => host.lines.filter((line) => line.startsWith('tc -s -j qdisc show')).length
  const begun = looks()
  const ask = async (times: number) => {
    const answers = await Promise.all(Array.from({ length: times }, () => call('GET', '/v1/networks')))
    t.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1)
    return answers[0]?.body.networks
  }
  t.match(await ask(50), [{ id: NETWORK, endpoints: [{ id: ENDPOINT }] }])
  await ask(50)
  t.equal(looks() - begun, 2)
  store.removeEndpoint(ENDPOINT)
  t.match(await ask(1), [{ id: NETWORK, endpoints: [] }])
})

t.test('a change says what was and what is, and starts no program beyond those of the change', async (t) => {
  const { call, host } = await open(t)
  const programs = async (url: string, options: object) => {
    const begun = host.processes()
    const { status, body } = await call('PATCH', url, { options })
    t.equal(status, 200)
    return { started: host.processes() - begun, body }
  }
  const first = await programs(endpointPath(NETWORK), { 'rate.up': '5mbit' })
  t.match(first.body, {
    options: { 'rate.up': '5mbit' },
    effective: { 'rate.up': '5mbit', 'rate.down': '10mbit' },
    inherited: { rate: '10mbit' },
    before: { options: {}, effective: { 'rate.up': '10mbit', 'rate.down': '10mbit' } },
    up: { rate: 5e6 },
    faults: [],
  })
  const second = await programs(`/v1/networks/${NETWORK}/options`, { rate: '20mbit' })
  t.match(second.body, { options: { rate: '20mbit' }, before: { options: { rate: '10mbit' } }, faults: [] })
  for (const { started, body } of [first, second]) t.ok(started <= MOST, `${started}: ${body.id}`)
})

t.test('a change that changes nothing still says what is wrong on the host', async (t) => {
  const { call, host } = await open(t)
  const change = () => call('PATCH', endpointPath(NETWORK), { options: { 'rate.up': '5mbit' } })
  t.strictSame((await change()).body.faults, [])
  await host.run('tc', [`qdisc del dev sv-${ENDPOINT.slice(0, 12)} root`], 'strict')
  t.not((await change()).body.faults.length, 0)
})

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
