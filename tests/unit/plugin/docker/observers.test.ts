import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { watchChanges } from '../../../../plugin/docker/observers.ts'
import { createLogger } from '../../../../plugin/logger.ts'
import {
  createEndpoint,
  createNetwork,
  ENDPOINT,
  endpointSpec,
  joinRequest,
  NETWORK,
  networkSpec,
} from '../../../support/messages.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openServer } from '../../fixtures/parts.ts'

type Line = Readonly<Record<string, unknown>>

/** The plugin, with a way to call it that gives what the call wrote into the log at info or above. */
async function open(t: Test, port: number) {
  let text = ''
  const logger = await createLogger(
    { logLevel: 'info', logFormat: 'json' },
    {
      write(line: string) {
        text += line
      },
    },
  )
  const plugin = await openServer(t, agreeableHost(), logger)
  const lines = async (): Promise<Line[]> => {
    await setImmediate()
    const found = text.trim().split('\n').filter(Boolean)
    text = ''
    return found.map((line) => JSON.parse(line) as Line)
  }
  return {
    ...plugin,
    lines,
    call: async (method: string, body: object): Promise<Line[]> => {
      t.equal((await plugin.inject(`NetworkDriver.${method}`, body)).status, 200, method)
      return lines()
    },
    patch: async (url: string, options: object): Promise<Line[]> => {
      const payload = { options }
      t.equal((await plugin.server.inject({ method: 'PATCH', url, payload })).statusCode, 200, url)
      return lines()
    },
    publish: {
      ...joinRequest,
      Options: {
        'com.docker.network.portmap': [{ Proto: 6, Port: 80, HostIP: '127.0.0.1', HostPort: port }],
      },
    },
  }
}

t.test('a call that changes something is one line, and none when it is repeated', async (t) => {
  const { call, publish } = await open(t, 28_091)
  const of = (method: string, msg: string, fields: object = {}) => ({
    level: 'info',
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    call: `NetworkDriver.${method}`,
    msg,
    network: NETWORK,
    ms: Number,
    ...fields,
  })
  const endpoint = { endpoint: ENDPOINT }
  const link = 'sv-b10000000000'
  const ports = ['127.0.0.1:28091->80/tcp']
  const rate = { rate: '10mbit' }
  for (const [method, body, msg, fields] of [
    ['CreateNetwork', createNetwork(rate), 'created network', { subnets: ['10.9.0.0/24'], options: rate }],
    ['CreateEndpoint', createEndpoint(), 'created endpoint', { ...endpoint, link, addresses: ['10.9.0.2'] }],
    ['ProgramExternalConnectivity', publish, 'published ports', { ...endpoint, ports }],
    ['RevokeExternalConnectivity', joinRequest, 'withdrew ports', { ...endpoint, ports }],
    ['ProgramExternalConnectivity', publish, 'published ports', { ...endpoint, ports }],
    ['Leave', joinRequest, 'withdrew ports', { ...endpoint, ports }],
    ['DeleteEndpoint', joinRequest, 'deleted endpoint', { ...endpoint, link }],
    ['DeleteNetwork', joinRequest, 'deleted network', { bridge: 'sl-a10000000000' }],
  ] as const) {
    const lines = await call(method, body)
    t.equal(lines.length, 1, method)
    t.match(lines[0], of(method, msg, fields))
    t.strictSame(await call(method, body), [], `${method} again`)
  }
})

t.test('of very many ports the line has the number alone', async (t) => {
  const { store } = await open(t, 28_095)
  store.addNetwork(networkSpec())
  store.addEndpoint(endpointSpec())
  const changed = watchChanges(store)('NetworkDriver.ProgramExternalConnectivity', joinRequest)
  const port = (hostPort: number) => ({ proto: 'tcp' as const, host: '0.0.0.0', hostPort, port: hostPort })
  store.publish(
    ENDPOINT,
    Array.from({ length: 15_000 }, (_, at) => port(at + 1)),
  )
  t.match(changed(), { what: 'published ports', fields: { ports: 15_000 } })
})

t.test('what changes nothing, or only what is free, is not logged at info', async (t) => {
  const { call, inject, server } = await open(t, 28_092)
  await call('CreateNetwork', createNetwork())
  await call('CreateEndpoint', createEndpoint())
  t.strictSame(await call('Join', joinRequest), [])
  t.strictSame(await call('EndpointOperInfo', joinRequest), [])
  t.strictSame(await call('Leave', joinRequest), [])
  await inject('IpamDriver.RequestPool', { AddressSpace: 'sluice-local', Pool: '10.77.0.0/24' })
  for (const url of ['/v1/networks', '/v1/health', '/v1/openapi.json']) await server.inject(url)
  t.strictSame(await call('DiscoverNew', {}), [])
})

t.test('a change of options is logged with what was before and after', async (t) => {
  const { call, patch } = await open(t, 28_093)
  await call('CreateNetwork', createNetwork({ rate: '10mbit' }))
  await call('CreateEndpoint', createEndpoint())
  const network = `/v1/networks/${NETWORK}/options`
  const endpoint = `/v1/networks/${NETWORK}/endpoints/${ENDPOINT}/options`
  t.match(await patch(network, { rate: '20mbit', delay: '5ms' }), [
    {
      level: 'info',
      call: 'PATCH /v1/networks/{id}/options',
      msg: 'changed network',
      network: NETWORK,
      before: { rate: '10mbit', delay: null },
      after: { rate: '20mbit', delay: '5ms' },
      ms: Number,
    },
  ])
  t.strictSame(await patch(network, { rate: '20mbit' }), [], 'it was so before')
  t.match(await patch(endpoint, { loss: '1%' }), [
    { msg: 'changed endpoint', endpoint: ENDPOINT, before: { loss: null }, after: { loss: '1%' } },
  ])
  t.match(await patch(endpoint, { loss: null }), [{ before: { loss: '1%' }, after: { loss: null } }])
  t.strictSame(await patch(endpoint, { loss: null }), [])
})

t.test('a call that is refused is a warning with its reason, and without a stack', async (t) => {
  const { inject, lines } = await open(t, 28_094)
  await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10' }))
  const [line, ...others] = await lines()
  t.strictSame(others, [])
  t.match(line, {
    level: 'warn',
    msg: 'refused',
    call: 'NetworkDriver.CreateNetwork',
    reason: /^rate: "10" can be read two ways/,
  })
  t.notOk(line && 'err' in line)
})

t.test('a person gets the same as text', async (t) => {
  let text = ''
  const { Writable } = await import('node:stream')
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk
      done()
    },
  })
  const logger = await createLogger({ logLevel: 'info', logFormat: 'pretty' }, destination)
  logger.info({ call: 'x', ms: 1 }, 'created network')
  logger.debug('not this')
  await setImmediate()
  t.match(text, /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: created network\n {4}call: "x"\n {4}ms: 1\n$/)
})
