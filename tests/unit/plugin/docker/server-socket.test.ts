import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import type { Host } from '../../../../lib/kernel/host.ts'
import { createEndpoint, createNetwork, ENDPOINT, idOf, NETWORK } from '../../../support/messages.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openServer as open, post } from '../../fixtures/parts.ts'

const MEDIA_TYPE = 'application/vnd.docker.plugins.v1.2+json'

t.test(
  'over a real socket, without a content type and with an empty Host, calls are answered in the media type of plugins',
  async (t) => {
    const { listen } = await open(t)
    const socket = await listen()
    t.match(await post(socket, 'Plugin.Activate', ''), {
      status: 200,
      type: MEDIA_TYPE,
      body: { Implements: ['NetworkDriver', 'IpamDriver'] },
    })
    t.match(await post(socket, 'NetworkDriver.CreateNetwork', JSON.stringify(createNetwork())), {
      status: 200,
      type: MEDIA_TYPE,
    })
    t.match(await post(socket, 'NetworkDriver.CreateNetwork', ''), {
      status: 400,
      type: MEDIA_TYPE,
      body: { Err: /empty request/, Error: /empty request/ },
    })
    t.match(await post(socket, 'NetworkDriver.Nothing', '{}'), {
      status: 404,
      type: MEDIA_TYPE,
      body: { Err: /no such method/ },
    })
    const many = createEndpoint({
      'com.docker.network.portmap': Array.from({ length: 40_000 }, (_, Port) => ({
        Proto: 6,
        Port,
        HostPort: Port,
      })),
    })
    t.match(
      await post(socket, 'NetworkDriver.CreateEndpoint', JSON.stringify(many)),
      { status: 200 },
      'two megabytes of ports',
    )
  },
)

/** A host that stops at the first line or file that holds `words` until it is let go. */
function haltingHost(words: string) {
  const host = agreeableHost()
  const reached = Promise.withResolvers<void>()
  const { promise: go, resolve: letGo } = Promise.withResolvers<void>()
  const halt = async (text: string): Promise<void> => {
    if (!text.includes(words)) return
    reached.resolve()
    await go
  }
  const run: Host['run'] = async (program, lines, mode) => {
    await halt(lines.join())
    return host.run(program, lines, mode)
  }
  const read: Host['read'] = async (path) => {
    await halt(path)
    return host.read(path)
  }
  return { host: { ...host, run, read }, lines: host.lines, reached: reached.promise, letGo }
}

/** Posts, and hangs up once the call has come as far as the host was told to halt. */
async function hangUp(socketPath: string, call: string, body: object, halted: Promise<void>): Promise<void> {
  const sent = request({ socketPath, path: `/${call}`, method: 'POST' })
  sent.on('error', () => undefined)
  sent.end(JSON.stringify(body))
  // An answer means that it never came so far.
  await Promise.race([halted, once(sent, 'response')])
  sent.destroy()
  await new Promise((resolve) => sent.once('close', resolve))
  await new Promise((resolve) => setTimeout(resolve, 50))
}

t.test('what is made for a caller that went away before the answer is taken back', async (t) => {
  for (const [call, body, words] of [
    ['NetworkDriver.CreateNetwork', createNetwork(), 'link add name sl-'],
    ['NetworkDriver.CreateEndpoint', createEndpoint(), 'link add name sv-'],
    ['IpamDriver.RequestPool', { AddressSpace: 'sluice-local', Pool: '10.9.0.0/24', V6: false }, 'fib_trie'],
  ] as const) {
    const { host, reached, letGo } = haltingHost(words)
    const { listen, store, pools, networks, inject } = await open(t, host)
    if (call === 'NetworkDriver.CreateEndpoint')
      t.match(await inject('NetworkDriver.CreateNetwork', createNetwork()), { status: 200 })
    await hangUp(await listen(), call, body, reached)
    letGo()
    const left = () => [
      ...store.endpoints(),
      ...pools.pools(),
      ...(call === 'NetworkDriver.CreateNetwork' ? store.networks() : []),
    ]
    for (let look = 0; look < 100 && left().length > 0; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    t.strictSame(left(), [], call)
    t.doesNotThrow(() => call !== 'NetworkDriver.CreateEndpoint' || networks.network(NETWORK))
  }
})

t.test('calls for one endpoint do not meet calls for another', async (t) => {
  const { inject, store } = await open(t)
  await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '1mbit' }))
  const ids = Array.from({ length: 20 }, (_, n) => idOf(`c${n + 100}f`))
  const answers = await Promise.all(
    ids.map((EndpointID, n) =>
      inject(
        'NetworkDriver.CreateEndpoint',
        createEndpoint({}, { EndpointID, Interface: { Address: `10.9.0.${n + 2}/24` } }),
      ),
    ),
  )
  t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
  t.strictSame(
    store.endpoints().map(({ spec }) => spec.slot),
    ids.map((_, n) => n),
  )
  t.notOk(store.endpoint(ENDPOINT))
})
