import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { repaired, unrepaired } from '../../../../../lib/model/finding.ts'
import type { ControlRequest } from '../../../../../plugin/control/route.ts'
import { controlRoutes } from '../../../../../plugin/control/routes.ts'
import { COMPONENTS, Endpoint, Failure, Network } from '../../../../../plugin/control/schema/components.ts'
import type { Component } from '../../../../../plugin/control/schema/schema.ts'
import { createEndpoint, createNetwork, ENDPOINT, idOf, NETWORK } from '../../../../support/messages.ts'
import { FIT } from '../../../fixtures/abilities.ts'
import { agreeableHost } from '../../../fixtures/fake-tc.ts'
import { openServer } from '../../../fixtures/parts.ts'

interface Keywords {
  readonly [key: string]: unknown
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly items?: Keywords
}

/** The schema with its references resolved, and closed: a field that it does not name is a fault. */
function closed({ properties, items, ...rest }: Keywords): Keywords {
  const name = String(rest.$ref ?? '')
    .split('/')
    .at(-1)
  const found = COMPONENTS.find((one) => one.name === name)
  if (found) return closed(found.schema as Keywords)
  return {
    ...rest,
    ...(items ? { items: closed(items) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, closed(one)])),
          additionalProperties: false,
        }
      : {}),
  }
}

/** What is wrong with an answer, by the validator that checks requests; undefined if nothing is. */
async function faultOf(t: Test, { schema }: Component, answer: object): Promise<string | undefined> {
  const server = Fastify({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  })
  t.teardown(() => server.close())
  server.post('/', { schema: { body: closed(schema as Keywords) } }, async () => ({}))
  const { statusCode, body } = await server.inject({ method: 'POST', url: '/', payload: answer })
  return statusCode === 200 ? undefined : body
}

const network = { id: NETWORK }
const CALLS: readonly (readonly [route: string, sent?: Partial<ControlRequest>])[] = [
  ['GET /v1/networks'],
  ['GET /v1/networks/{id}', { params: network }],
  ['GET /v1/networks/{id}', { params: network, query: { tree: '1' } }],
  ['PATCH /v1/networks/{id}/options', { params: network, body: { options: { 'uplink.rate': '90mbit' } } }],
  [
    'PATCH /v1/networks/{id}/endpoints/{endpoint}/options',
    { params: { ...network, endpoint: ENDPOINT }, body: { options: { rate: '5mbit', loss: '1%' } } },
  ],
  ['GET /v1/networks'],
  ['GET /v1/profiles'],
  ['GET /v1/health'],
  [
    'POST /v1/explain',
    {
      body: {
        name: 'web',
        options: { rate: '10mbit' },
        endpoints: [{ name: 'app', options: {}, ports: ['80'] }],
      },
    },
  ],
  ['GET /v1/openapi.json'],
  ['DELETE /v1/networks/{id}', { params: network }],
]

t.test('what each route answers is what the description says of it', async (t) => {
  const { inject, ...parts } = await openServer(t)
  await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10mbit', 'network.rate': '100mbit' }))
  await inject('NetworkDriver.CreateEndpoint', createEndpoint())
  parts.store.publish(ENDPOINT, [{ proto: 'tcp', host: '0.0.0.0', hostPort: 8080, port: 80 }])
  parts.names.endpointIs(ENDPOINT, {
    name: 'app',
    container: idOf('c1'),
    image: 'alpine',
    labels: { a: 'b' },
  })
  parts.names.networksAre(new Map([[idOf('a2'), 'other']]))
  const about = { network: NETWORK, endpoint: ENDPOINT }
  parts.findings.report('shapes', [
    { ...unrepaired('link sv-1', 'a fault', about), feature: 'shaping' },
    { ...repaired('link sv-2', 'a repair'), feature: 'link' },
  ])
  const routes = controlRoutes({
    ...parts,
    host: agreeableHost(),
    follower: { state: () => 'followed', nameOf: async () => 'app' },
    tools: async () => FIT,
    version: '0.0.0',
  })
  const left = new Set(routes.map(({ method, path }) => `${method} ${path}`))
  for (const [name, sent] of CALLS) {
    const route = routes.find(({ method, path }) => `${method} ${path}` === name)
    const request = { params: {}, query: {}, body: undefined, note: () => undefined, ...sent }
    const answer = await route?.handle(request)
    const read = JSON.parse(Buffer.isBuffer(answer) ? String(answer) : JSON.stringify(answer))
    if (route?.answer) t.equal(await faultOf(t, route.answer, read), undefined, name)
    else t.equal(name, 'GET /v1/openapi.json')
    left.delete(name)
  }
  t.strictSame([...left], [], 'no route is left out')
})

t.test('errors are what the description says of them', async (t) => {
  const { server, inject } = await openServer(t)
  await inject('NetworkDriver.CreateNetwork', createNetwork())
  for (const [url, payload, status] of [
    [`/v1/networks/${NETWORK}/options`, { options: { rate: 'x' } }, 400],
    [`/v1/networks/${NETWORK}/options`, {}, 400],
    [`/v1/networks/${idOf('a9')}/options`, { options: {} }, 404],
  ] as const) {
    const answer = await server.inject({ method: 'PATCH', url, payload })
    t.equal(answer.statusCode, status)
    t.equal(await faultOf(t, Failure, answer.json()), undefined, answer.body)
  }
})

t.test('an answer that breaks its schema is found', async (t) => {
  const { server, inject } = await openServer(t)
  await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10mbit' }))
  await inject('NetworkDriver.CreateEndpoint', createEndpoint())
  const shown = (await server.inject({ method: 'GET', url: `/v1/networks/${NETWORK}` })).json()
  const [endpoint] = shown.endpoints
  t.equal(await faultOf(t, Network, shown), undefined)
  t.equal(await faultOf(t, Endpoint, endpoint), undefined)
  const { mtu: _, ...others } = shown
  for (const broken of [others, { ...shown, mtu: '1500' }, { ...shown, more: 1 }])
    t.type(await faultOf(t, Network, broken), 'string')
  for (const broken of [
    { ...endpoint, up: { ...endpoint.up, rate: '10mbit' } },
    { ...endpoint, up: { ...endpoint.up, dropped: { ...endpoint.up.dropped, all: 1 } } },
    { ...endpoint, effective: { rate: 5 } },
  ])
    t.type(await faultOf(t, Endpoint, broken), 'string')
})
