import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { namespaceHost } from '../support/namespace-host.ts'
import { cleanEnv } from '../support/run.ts'
import { until } from '../support/until.ts'

const NFT = 'nft -f -'
const IP = 'ip -j -batch -'
const DONE = { exitCode: 0, stdout: '', stderr: '', timedOut: false }

t.test('a program that was needed is ready for the next time', async (t) => {
  using host = await namespaceHost()
  const [file = '', ...line] = [
    ...host.prefix,
    process.execPath,
    join(import.meta.dirname, 'fixtures/ready.ts'),
  ]
  const child = spawn(file, line, { env: { ...cleanEnv }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  await until('what it saw', () => said.endsWith('\n'), {
    hopeless: () => child.exitCode !== null && 'it ended',
  })
  const seen = JSON.parse(said)
  const ids = (what: string): number[] => Object.values(seen[what])

  t.strictSame(seen.atFirst, {}, 'nothing before there was need')
  t.strictSame(Object.keys(seen.after), [NFT])
  t.match(seen.used, DONE)
  t.strictSame(seen.usedUp, {}, 'the one that waited did it')
  t.strictSame(Object.keys(seen.again), [NFT])
  t.not(ids('again')[0], ids('after')[0])
  t.match(seen.dead, DONE, 'one that has died is not asked')
  t.match(seen.late, DONE, 'it knows what was made while it waited')
  t.match(seen.failure, { exitCode: 1, stderr: /none/, timedOut: false })
  t.match(seen.many, [DONE, DONE, DONE], 'more at a time than wait')
  t.match(seen.forced, DONE)
  t.strictSame(Object.keys(seen.last).toSorted(), [IP, NFT], 'one of a kind')
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six'])
    t.match(seen.tables, new RegExp(`^table ip ${name}$`, 'm'))

  child.kill('SIGKILL')
  await until('what waits to end with it', () => ids('last').every((pid) => !existsSync(`/proc/${pid}`)))
  t.equal(await host.sh('nft list tables'), String(seen.tables).trimEnd(), 'and nothing is done')
})
