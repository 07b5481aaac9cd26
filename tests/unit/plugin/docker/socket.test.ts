import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { listenForEngine } from '../../../../plugin/docker/socket.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openServer, post, socketPath } from '../../fixtures/parts.ts'

t.test(
  "listenForEngine() makes a socket that is root's alone, in a folder that it makes, and takes it away",
  async (t) => {
    const { server } = await openServer(t, agreeableHost())
    const path = join(dirname(socketPath(t)), 'plugins/sluice.sock')
    const unlisten = await listenForEngine(server, path)
    t.equal(statSync(path).mode & 0o777, 0o600)
    t.match(await post(path, 'Plugin.Activate', ''), { status: 200 })
    for (const _ of [1, 2]) t.doesNotThrow(unlisten)
    t.notOk(existsSync(path))
  },
)

t.test('listenForEngine() takes the place of a socket that nobody answers on', async (t) => {
  const { server } = await openServer(t, agreeableHost())
  const path = socketPath(t)
  writeFileSync(path, '')
  await listenForEngine(server, path)
  t.match(await post(path, 'Plugin.Activate', ''), { status: 200 })
})

t.test('listenForEngine() leaves a socket alone that another process answers on', async (t) => {
  const [first, second] = [await openServer(t), await openServer(t)]
  const path = socketPath(t)
  await listenForEngine(first.server, path)
  await t.rejects(listenForEngine(second.server, path), {
    message: `cannot listen on ${path}: another process answers there`,
  })
  t.match(await post(path, 'Plugin.Activate', ''), { status: 200 })
})
