import { createServer } from 'node:net'
import t from 'tap'
import { connectPlugin } from '../../../../plugin/cli/engine/client.ts'
import { APP, WEB } from '../../fixtures/cli/networks.ts'
import { serve, servePlugin, shortFolder } from '../../fixtures/cli/sockets.ts'

t.test('every call of the interface, over a real socket', async (t) => {
  const path = `${shortFolder(t)}/sluice.sock`
  const { received } = await servePlugin(t, path)
  const client = connectPlugin(path)
  t.match(await client.health(), { status: 'ok' })
  t.match(await client.networks(), [{ id: WEB }])
  t.match(await client.network(WEB), { id: WEB, tree: undefined })
  t.match(await client.network(WEB, { tree: true }), { tree: [{ device: 'sv-c3c3c3c3c3c3' }, {}] })
  t.match(await client.setNetwork(WEB, { rate: '1mbit', delay: null }), { id: WEB })
  t.match(await client.setEndpoint(WEB, APP, { rate: '1mbit' }), { id: APP })
  t.match(await client.profiles(), [{ name: 'lte' }, { name: 'fibre' }])
  t.match(await client.explain({ name: 'web', options: {}, endpoints: [] }), { notes: ['a note'] })
  t.match(received.at(4), {
    call: `PATCH /v1/networks/${WEB}/options`,
    body: { options: { rate: '1mbit', delay: null } },
  })
})

t.test('what is refused says what the plugin said', async (t) => {
  const path = `${shortFolder(t)}/sluice.sock`
  await servePlugin(t, path)
  const client = connectPlugin(path)
  await t.rejects(client.setNetwork(WEB, { bad: '1' }), {
    message: 'Error response from sluice: bad: expected nothing such',
  })
  await t.rejects(client.network('none'), {
    message: 'Error response from sluice: GET /v1/networks/none: status 404',
  })
})

t.test('an answer that is not JSON is an error, whatever its status', async (t) => {
  const path = `${shortFolder(t)}/sluice.sock`
  await serve(t, path, () => ({ body: undefined }))
  await t.rejects(connectPlugin(path).health(), { message: /GET \/v1\/health: status 200/ })
})

t.test('who does not answer is given up', async (t) => {
  const path = `${shortFolder(t)}/sluice.sock`
  const silent = createServer((socket) => void socket.on('error', () => undefined))
  t.teardown(() => void silent.close())
  await new Promise<void>((resolve) => void silent.listen(path, resolve))
  await t.rejects(connectPlugin(path, { patience: 50 }).health(), {
    message: `cannot reach Sluice at ${path}: no answer within 0.05 s`,
  })
  await t.rejects(connectPlugin(`${path}.none`).health(), { message: /cannot reach Sluice at .*ENOENT/ })
})
