import t, { type Test } from 'tap'
import { createEndpoint, createNetwork, ENDPOINT, idOf, NETWORK } from '../../../support/messages.ts'
import { openServer } from '../../fixtures/parts.ts'

const path = (endpoint = ENDPOINT): string => `/v1/networks/${NETWORK}/endpoints/${endpoint}/options`
const SECOND = idOf('b2')

/** A network of 20 Mbit/s with an attachment of a container named `app`. */
async function open(t: Test, options: Readonly<Record<string, string>> = {}) {
  const plugin = await openServer(t)
  await plugin.inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '20mbit' }))
  const connect = (id: string) =>
    plugin.inject('NetworkDriver.CreateEndpoint', createEndpoint(options, { EndpointID: id }))
  await connect(ENDPOINT)
  plugin.names.endpointIs(ENDPOINT, { name: 'app' })
  const patch = async (change: object, endpoint = ENDPOINT) => {
    const url = path(endpoint)
    const answer = await plugin.server.inject({ method: 'PATCH', url, payload: { options: change } })
    return answer.json()
  }
  /** The container starts again: another endpoint under the same name. @returns its options */
  const restart = async (id = SECOND, name = 'app') => {
    await plugin.inject('NetworkDriver.DeleteEndpoint', { NetworkID: NETWORK, EndpointID: ENDPOINT })
    await connect(id)
    plugin.names.endpointIs(id, { name })
    await plugin.overrides.restore(id)
    return plugin.store.endpoint(id)
  }
  return { ...plugin, patch, restart }
}

t.test('what was set holds for the next endpoint of the same container name', async (t) => {
  const { patch, restart } = await open(t)
  t.match(await patch({ rate: '5mbit' }), { name: 'app', keptBy: 'name', kept: { rate: '5mbit' } })
  t.match(await restart(), { given: { rate: '5mbit' }, options: { rate: 5e6 }, asked: {} })
})

t.test('nothing of it holds for another name', async (t) => {
  const { patch, restart } = await open(t)
  await patch({ rate: '5mbit' })
  t.match(await restart(SECOND, 'other'), { given: {}, options: {} })
})

t.test('while the name is not known, a change is kept by the endpoint, and the answer says so', async (t) => {
  const { patch, restart, inject } = await open(t)
  const third = idOf('b3')
  await inject('NetworkDriver.CreateEndpoint', createEndpoint({}, { EndpointID: third }))
  const answer = await patch({ rate: '5mbit' }, third)
  t.match(answer, { keptBy: 'endpoint', options: { rate: '5mbit' } })
  t.notOk('kept' in answer)
  t.match(await restart(), { given: {} })
})

t.test('unset goes back to the inherited value, and stays there', async (t) => {
  const { patch, restart } = await open(t, { rate: '1mbit', delay: '10ms' })
  await patch({ rate: '5mbit', delay: '20ms' })
  t.match(await patch({ rate: null }), {
    options: { delay: '20ms' },
    effective: { 'rate.up': '20mbit' },
    kept: { rate: null, delay: '20ms' },
  })
  t.strictSame((await restart())?.given, { delay: '20ms' })
})

t.test('what cannot be given any more is a fault and no failure, until it can', async (t) => {
  const { patch, inject, names, overrides, server } = await open(t)
  const network = (options: object) =>
    server.inject({ method: 'PATCH', url: `/v1/networks/${NETWORK}/options`, payload: { options } })
  await network({ delay: '10ms' })
  await patch({ jitter: '2ms' })
  await inject('NetworkDriver.DeleteEndpoint', { NetworkID: NETWORK, EndpointID: ENDPOINT })
  await network({ delay: null })
  await inject('NetworkDriver.CreateEndpoint', createEndpoint({}, { EndpointID: SECOND }))
  names.endpointIs(SECOND, { name: 'app' })
  await overrides.restore(SECOND)
  t.match(overrides.faults(), [{ fault: /^cannot set what is kept for container app: jitter: .*delay/ }])
  await network({ delay: '10ms' })
  await overrides.restore(SECOND)
  t.strictSame(overrides.faults(), [])
})
