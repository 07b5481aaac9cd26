import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../support/engine.ts'
import { type Held, repo } from '../support/host.ts'
import { until } from '../support/until.ts'
import { findBundle, shippedFlags } from './bundle.ts'
import { type Part, QUIET } from './part.ts'
import { openCaller } from './socket.ts'
import { digits, Samples, spread } from './stats.ts'
import { wipe } from './wipe.ts'

const NETWORKS = 100
const ROUNDS = 5
/** ms until memory is looked at: what starting took is free again, or never will be */
const SETTLED = 5000
const SOCKET = '/run/docker/plugins/sluice.sock'

/** What a start finds. */
const CASES = ['no networks', `${NETWORKS} networks`, `${NETWORKS} networks, host wiped`] as const

interface Program {
  readonly name: string
  readonly file: string
}

/** From the start of the process to the first connection accepted, and what memory it then keeps. */
export const start: Part = async ({ engine }) => {
  const programs: Program[] = [
    { name: 'bundle', file: await findBundle(engine.dir) },
    { name: 'sources', file: join(repo, 'plugin/main.ts') },
  ]
  const [first] = programs as [Program]
  const samples = new Samples()
  await engine.enter(['mkdir', '-p', '/run/docker/plugins'])
  for (const found of CASES) {
    if (found === `${NETWORKS} networks`) await makeNetworks(engine, first)
    for (let round = 0; round < ROUNDS; round++)
      for (const program of programs) {
        if (found.endsWith('wiped')) await wipe(engine)
        await once(engine, program, `${program.name}, ${found}`, { samples, last: round === ROUNDS - 1 })
      }
  }
  await wipe(engine)
  const cells = (name: string) => [
    spread(samples.of(`${name}: ms`)),
    digits(samples.of(`${name}: MB`)[0] ?? 0),
  ]
  return [
    {
      title: `Start: ms to listening, median (min–max) of ${ROUNDS}; VmRSS in MB after ${SETTLED / 1000} s`,
      columns: ['', ...programs.flatMap(({ name }) => [name, 'RSS'])],
      rows: CASES.map((found) => [found, ...programs.flatMap(({ name }) => cells(`${name}, ${found}`))]),
      samples: samples.all(),
    },
  ]
}

interface Measurement {
  readonly samples: Samples
  /** Memory is looked at once. */
  readonly last: boolean
}

async function once(
  engine: Engine,
  program: Program,
  name: string,
  { samples, last }: Measurement,
): Promise<void> {
  const held = await samples.time(`${name}: ms`, () => launch(engine, program))
  if (last) {
    await sleep(SETTLED)
    samples.add(`${name}: MB`, residentMegabytes(held.pid))
  }
  await held.kill('SIGTERM')
}

/** Starts the plugin and waits until it can be connected to. */
async function launch(engine: Engine, { file }: Program): Promise<Held> {
  const env = { ...QUIET, STATE_DIR: join(engine.dir, 'state-start'), METRICS_LISTEN: '127.0.0.1:9642' }
  const argv = [process.execPath, ...shippedFlags(), file]
  const starting = engine.host.spawn('start.log', argv, { cwd: repo, env })
  await until('sluice to listen', () => accepts(engine.host.root() + SOCKET), { timeout: 60_000, every: 2 })
  return starting
}

const accepts = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const connection = connect(path, () => {
      connection.destroy()
      resolve(true)
    })
    connection.on('error', reject)
  })

/** Megabytes of 10⁶ bytes. */
function residentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (!kibibytes) throw new Error(`process ${pid} has no VmRSS`)
  return (Number(kibibytes) * 1024) / 1e6
}

async function makeNetworks(engine: Engine, program: Program): Promise<void> {
  const held = await launch(engine, program)
  const caller = openCaller(engine.host.root() + SOCKET)
  try {
    for (let index = 0; index < NETWORKS; index++)
      await caller.call('NetworkDriver.CreateNetwork', {
        NetworkID: index.toString(16).padStart(4, '0').padEnd(64, 'b'),
        Options: { 'com.docker.network.generic': {} },
        IPv4Data: [{ AddressSpace: 'bench', Pool: `10.220.${index}.0/24`, Gateway: `10.220.${index}.1/24` }],
        IPv6Data: [],
      })
  } finally {
    caller.close()
    await held.kill('SIGTERM')
  }
}
