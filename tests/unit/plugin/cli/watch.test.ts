import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { MAIN, startLab } from '../../fixtures/cli/run.ts'

async function startWatch(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN, 'sluice', 'watch', '--interval', '100ms'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return { child, ended }
}

t.test('Ctrl-C and SIGTERM end it well', async (t) => {
  const { env } = await startLab(t)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, ended } = await startWatch(env)
    child.kill(signal)
    t.strictSame(await ended, [0, null], signal)
  }
})

t.test('it ends with the Docker client that started it', async (t) => {
  const { env } = await startLab(t)
  const name = `docker_cli_test_${process.pid}`
  let connection: Socket | undefined
  const client = createServer((socket) => {
    connection = socket
  })
  await new Promise<void>((resolve) => void client.listen(`\0${name}`, resolve))
  t.teardown(() => void client.close())
  const { ended } = await startWatch({ ...env, DOCKER_CLI_PLUGIN_SOCKET: `@${name}` })
  t.ok(connection, 'it has connected')
  connection?.destroy()
  t.strictSame(await ended, [0, null])
})

t.test('it does without that socket where it is gone', async (t) => {
  const { env } = await startLab(t)
  const { child, ended } = await startWatch({ ...env, DOCKER_CLI_PLUGIN_SOCKET: '@docker_cli_gone' })
  child.kill('SIGINT')
  t.strictSame(await ended, [0, null])
})

t.test('who reads no further ends it', async (t) => {
  const { env } = await startLab(t)
  const { child, ended } = await startWatch(env)
  child.stdout.destroy()
  t.strictSame(await ended, [0, null])
})
