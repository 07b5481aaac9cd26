import fc from 'fast-check'
import t from 'tap'
import { optionNames } from '../../../../../plugin/options/table.ts'
import { createEndpoint, createNetwork, ENDPOINT, NETWORK } from '../../../../support/messages.ts'
import { agreeableHost } from '../../../fixtures/fake-tc.ts'
import { openServer } from '../../../fixtures/parts.ts'

interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | false
}

type Operations = Readonly<
  Record<
    string,
    { readonly requestBody?: { readonly content: Readonly<Record<string, { schema: { $ref: string } }>> } }
  >
>

/** A body that each route takes. */
const GOOD: Readonly<Record<string, object>> = {
  '/v1/explain': {
    name: 'web',
    options: { rate: '10mbit' },
    endpoints: [{ name: 'app', options: {}, ports: ['80'] }],
    subnets: ['10.9.0.0/24'],
    ipv6: false,
    internal: false,
  },
  '/v1/networks/{id}/options': { options: { rate: '20mbit', delay: null } },
  '/v1/networks/{id}/endpoints/{endpoint}/options': { options: { rate: '5mbit' } },
}
const VALUES = [5, 'x', null, true, [], {}, ['x'], { x: 1 }]

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** Bodies that are a good one but for one place, where they break the schema. */
function* broken(schema: Schema, good: unknown, path = ''): Generator<[path: string, body: unknown]> {
  for (const value of VALUES)
    if (![schema.type].flat().includes(typeOf(value))) yield [`${path}: ${JSON.stringify(value)}`, value]
  if (Array.isArray(good) && schema.items)
    for (const [place, item] of broken(schema.items, good[0], `${path}[0]`)) yield [place, [item]]
  if (typeOf(good) !== 'object') return
  const fields = good as Record<string, unknown>
  for (const key of schema.required ?? []) {
    const { [key]: _, ...others } = fields
    yield [`${path}.${key} is missing`, others]
  }
  if (schema.additionalProperties === false) yield [`${path}.xyz is unknown`, { ...fields, xyz: 1 }]
  for (const [key, value] of Object.entries(fields)) {
    const own = schema.properties?.[key] ?? (schema.additionalProperties || {})
    for (const [place, other] of broken(own, value, `${path}.${key}`))
      yield [place, { ...fields, [key]: other }]
  }
}

t.test('a body that breaks the schema which openapi.json shows is a 400, and touches nothing', async (t) => {
  const host = agreeableHost()
  const { server, inject, store } = await openServer(t, host)
  await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10mbit' }))
  await inject('NetworkDriver.CreateEndpoint', createEndpoint())
  const { paths, components } = (await server.inject('/v1/openapi.json')).json()
  let checked = 0
  for (const [path, operations] of Object.entries<Operations>(paths))
    for (const [method, { requestBody }] of Object.entries(operations)) {
      if (!requestBody) continue
      const name = requestBody.content['application/json']?.schema.$ref.split('/').at(-1) ?? ''
      const url = path.replace('{id}', NETWORK).replace('{endpoint}', ENDPOINT)
      const send = (payload: unknown) =>
        server.inject({ method: method.toUpperCase() as 'POST', url, payload: JSON.stringify(payload) })
      t.equal((await send(GOOD[path])).statusCode, 200, path)
      const before = [JSON.stringify(store.networks()), JSON.stringify(store.endpoints()), host.lines.length]
      for (const [place, body] of broken(components.schemas[name], GOOD[path])) {
        const answer = await send(body)
        const { error } = answer.json()
        checked += 1
        t.match(
          [answer.statusCode, error],
          [400, { code: 'invalid', message: /^[^:]+: (expected|unknown)/ }],
          place,
        )
      }
      t.equal(
        (await server.inject({ method: method.toUpperCase() as 'POST', url })).statusCode,
        400,
        'no body',
      )
      t.strictSame(
        [JSON.stringify(store.networks()), JSON.stringify(store.endpoints()), host.lines.length],
        before,
        path,
      )
    }
  t.ok(checked > 60, `${checked} bodies`)
})

t.test('what is wrong is named', async (t) => {
  const { server } = await openServer(t)
  for (const [payload, message] of [
    [{}, 'name: expected, but it is missing'],
    [{ name: 5, options: {}, endpoints: [] }, 'name: expected string'],
    [{ name: '', options: {}, endpoints: [] }, /^name: expected to /],
    [{ name: 'a', options: { rate: 5 }, endpoints: [] }, 'options.rate: expected string'],
    [
      { name: 'a', options: {}, endpoints: [{ name: 'b' }] },
      'endpoints.0.options: expected, but it is missing',
    ],
    [{ name: 'a', options: {}, endpoints: [], rate: '1mbit' }, 'rate: unknown'],
    [[], 'body: expected object'],
  ] as const)
    t.match((await server.inject({ method: 'POST', url: '/v1/explain', payload })).json(), {
      error: { code: 'invalid', message },
    })
})

t.test('a query that the description does not show is refused', async (t) => {
  const { server, inject } = await openServer(t)
  await inject('NetworkDriver.CreateNetwork', createNetwork())
  const status = async (query: string) => (await server.inject(`/v1/networks/${NETWORK}?${query}`)).statusCode
  t.strictSame([await status('tree=1'), await status('tree=0')], [200, 200])
  t.strictSame(
    [await status('tree=yes'), await status('tre=1'), await status('tree=1&tree=0')],
    [400, 400, 400],
  )
})

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    '10.9.0.0/24',
    'fd00::/64',
    '10.9.0.0/33',
    '0.0.0.0/0',
    '::/0',
    '8000-8009:80',
    '[::1]:1:1/udp',
  ),
)
const options = fc.dictionary(
  fc.oneof(fc.constantFrom(...optionNames('network')), fc.string({ maxLength: 12 })),
  fc.oneof(text, fc.constantFrom('10mbit', '5ms', '1%', 'true', 'lte', '1500', 'isolated')),
  { maxKeys: 3 },
)

t.test('what fits the schema is explained or refused, whatever it says', async (t) => {
  const { server } = await openServer(t)
  const request = fc.record({
    name: fc.string({ minLength: 1, maxLength: 20 }),
    options,
    endpoints: fc.array(fc.record({ name: text, options, ports: fc.array(text, { maxLength: 2 }) }), {
      maxLength: 2,
    }),
    subnets: fc.array(text, { maxLength: 2 }),
    ipv6: fc.boolean(),
    internal: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(request, async (payload) => {
      const { statusCode, body } = await server.inject({ method: 'POST', url: '/v1/explain', payload })
      if (statusCode >= 500) throw new Error(`${statusCode}: ${body}`)
    }),
    { numRuns: 500 },
  )
})
