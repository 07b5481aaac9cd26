import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { repo } from '../support/host.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { cleanEnv } from '../support/run.ts'
import { until } from '../support/until.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} ends it well`, async (t) => {
    using host = await namespaceHost()
    const dir = t.testdir()
    const socket = join(dir, 'sluice.sock')
    const env = { ...cleanEnv, STATE_DIR: dir, SOCKET: socket, METRICS_LISTEN: '', LOG_LEVEL: 'error' }
    // From nothing: tap adds settings of its own, which listen for signals as well.
    const vars = Object.entries(env).map(([key, value]) => `${key}=${value}`)
    const program = [process.execPath, join(repo, 'plugin/main.ts')]
    // Each of these execs the next, so the process id is the program's own.
    const line = ['--pdeathsig', 'KILL', ...host.prefix, 'env', '-i', ...vars, ...program]
    const child = spawn('setpriv', line, { stdio: 'inherit' })
    t.teardown(() => child.kill('SIGKILL'))
    const children = (): string[] =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean)
    const follower = (): Promise<string> =>
      until('nft to follow', () => children().find((pid) => /^nft\0monitor/.test(commandOf(pid))) ?? '')
    await until('it to listen', () => existsSync(socket))
    await sleep(1000) // its first look at the rules, which other programs have a part in
    await follower()
    // Another one, that began after the program had.
    for (const pid of children()) process.kill(Number(pid), 'SIGKILL')
    await until('their end', () => children().length === 0)
    const second = await follower()
    await sleep(200) // as long as its beginning may take to be known
    child.kill(signal)
    t.strictSame(await once(child, 'exit'), [0, null])
    t.notOk(existsSync(socket))
    await until('nft to end', () => !existsSync(`/proc/${second}`))
  })

/** Empty when it has ended. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
