import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { startContainer } from '../support/lab.ts'
import type { Plain } from '../support/plain.ts'

t.setTimeout(400_000)

const driver = 'sluice'

// A heap that may grow with the machine's memory hides a leak behind garbage that nobody had to collect.
const smallHeap = '--max-old-space-size=64 --max-semi-space-size=4'

/** Resident memory of a process, kB. */
const residentMemory = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

/**
 * How many rows each table of the plugin's database has. Looks at a copy: the plugin locks what it has open.
 */
function rows({ stateDir }: Plain): Record<string, number> {
  const copy = `${stateDir}.copy`
  cpSync(stateDir, copy, { recursive: true })
  const file = readdirSync(copy).find((name) => /\.(db|sqlite3?)$/.test(name))
  if (file === undefined) throw new Error(`no database in ${stateDir}: ${readdirSync(stateDir)}`)
  const database = new DatabaseSync(join(copy, file))
  try {
    const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
    const count = (name: string) => Number(database.prepare(`select count(*) as n from "${name}"`).get()?.n)
    return Object.fromEntries(tables.map(({ name }) => [String(name), count(String(name))]))
  } finally {
    database.close()
    rmSync(copy, { recursive: true })
  }
}

t.test(
  '200 networks made, joined, left and removed leave no trace on the host and in the plugin',
  async (t) => {
    const engine = await startEngine({ release: 'bookworm' })
    t.teardown(() => engine.stop())
    await engine.importImages()
    const plain = await engine.startPlain({ env: { NODE_OPTIONS: smallHeap } })
    await startContainer({ engine, driver }, 'aa', 'bridge')
    const { docker } = engine

    async function cycles(count: number): Promise<void> {
      for (let n = 0; n < count; n++) {
        const Options = { rate: '10mbit' }
        const network = await docker.createNetwork({
          Name: 'web',
          Driver: driver,
          IPAM: { Driver: driver },
          Options,
        })
        await network.connect({ Container: 'aa' })
        await network.disconnect({ Container: 'aa' })
        await network.remove()
      }
    }
    const traces = async () => {
      await sleep(1000) // until the programs that wait for the next time have begun
      return { rows: rows(plain), files: readdirSync(`/proc/${plain.pid()}/fd`).length }
    }

    await cycles(1) // what is made once and kept, is made now
    const before = { host: await engine.snapshot(), ...(await traces()) }
    await cycles(49)
    const early = residentMemory(plain.pid())
    await cycles(150)
    const late = residentMemory(plain.pid())
    t.same(
      { host: await engine.snapshot(), ...(await traces()) },
      before,
      'links, qdiscs, rules, rows and open files',
    )
    t.ok(late < early + 8192, `memory is flat: ${early} kB after 50 cycles, ${late} kB after 200`)
  },
)
