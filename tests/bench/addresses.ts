import { join } from 'node:path'
import { openDatabase } from '../../lib/store/database.ts'
import { poolStore } from '../../lib/store/pools.ts'
import { parseSubnet } from '../../lib/values/addresses.ts'
import { type Part, QUIET } from './part.ts'
import { type Caller, openCaller } from './socket.ts'
import { ratio, Samples, spread } from './stats.ts'

const TAKEN = [10, 10_000, 60_000]
/** Cycles a pool for each of `--runs`. */
const CYCLES = 20

interface Pool {
  readonly id: string
  readonly taken: number
  /** Addresses in use, to be given back. */
  readonly addresses: string[]
}

/** How long IpamDriver.RequestAddress takes in a /16, by how many of its addresses are taken. */
export const addresses: Part = async ({ engine, runs }) => {
  const state = join(engine.dir, 'state-addresses')
  const pools = fill(state)
  const plain = await engine.startPlain({ env: { ...QUIET, STATE_DIR: state } })
  const caller = openCaller(plain.socket())
  const samples = new Samples()
  try {
    for (const pool of pools)
      for (let cycle = 0; cycle < CYCLES; cycle++) await turn(caller, pool, new Samples())
    for (let cycle = 0; cycle < CYCLES * runs; cycle++)
      for (const pool of pools) await turn(caller, pool, samples)
  } finally {
    caller.close()
    await plain.kill('SIGTERM')
  }
  const of = (call: string, taken: number) => samples.of(`${taken}: ${call}`)
  const calls = ['RequestAddress', 'ReleaseAddress']
  return [
    {
      title: `Addresses of a /16: ms, median (min–max) of ${CYCLES * runs} cycles`,
      columns: ['taken', ...calls.flatMap((call) => [call, `ratio to ${TAKEN[0]}`])],
      rows: TAKEN.map((taken) => [
        String(taken),
        ...calls.flatMap((call) => [
          spread(of(call, taken)),
          ratio(of(call, taken), of(call, TAKEN[0] ?? 0)),
        ]),
      ]),
      samples: samples.all(),
    },
  ]
}

/**
 * Pools as the plugin itself would have left them. Without waiting for the disk: 70,000 durable writes take
 * half a minute.
 */
function fill(state: string): Pool[] {
  const database = openDatabase(state)
  database.exec('PRAGMA synchronous = OFF')
  const store = poolStore(database)
  const pools = TAKEN.map((taken, index) => {
    const subnet = parseSubnet(`10.${200 + index}.0.0/16`)
    const { id } = store.addPool('bench', subnet, subnet)
    const addresses = Array.from({ length: taken }, () => store.takeAddress(id, 'endpoint').address)
    return { id, taken, addresses }
  })
  database.close()
  return pools
}

async function turn(caller: Caller, { id, taken, addresses }: Pool, samples: Samples): Promise<void> {
  // From the middle: neither the lowest nor the newest.
  const [given = ''] = addresses.splice(Math.floor(addresses.length / 2), 1)
  await samples.time(`${taken}: ReleaseAddress`, () =>
    caller.call('IpamDriver.ReleaseAddress', { PoolID: id, Address: given }),
  )
  const answer = await samples.time(`${taken}: RequestAddress`, () =>
    caller.call('IpamDriver.RequestAddress', { PoolID: id, Address: '', Options: {} }),
  )
  addresses.push(String(answer.Address).replace(/\/.*/, ''))
}
