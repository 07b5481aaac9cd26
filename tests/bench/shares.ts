import type { Engine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { flow } from '../support/traffic-flow.ts'
import { hostPlace } from '../support/traffic-place.ts'
import { type Part, QUIET, type Table } from './part.ts'
import { crowdTable } from './shares-crowd.ts'
import { turnoverTable } from './shares-turnover.ts'
import { gatewayOf, type Station, startStation } from './station.ts'
import { median, Samples } from './stats.ts'

const MBIT = 1e6
const TOTAL = 300
/** Mbit/s that each is guaranteed */
const GUARANTEED = [200, 50, 50]
const ROUNDS = 3
/** comings and goings: what a busy machine does to them is in lumps */
const TURNS = 5
const WINDOW = { warmUp: 1, seconds: 3 }

/**
 * Whether members of a shared rate get what they are entitled to, and what others' comings and goings do to
 * them.
 */
export const shares: Part = async ({ engine, runs }) => {
  const rounds = Math.min(runs, ROUNDS)
  const plain = await engine.startPlain({ env: QUIET })
  const tables: Table[] = []
  try {
    tables.push(await guarantees(engine, rounds), await turnoverTable(engine, TOTAL, Math.min(runs, TURNS)))
  } finally {
    await tidy(engine)
    await plain.kill('SIGTERM')
  }
  return [...tables, await crowdTable(engine, TOTAL)]
}

/** All send to the host, which is no member itself. */
async function guarantees(engine: Engine, rounds: number): Promise<Table> {
  const name = 'guarantees'
  const samples = new Samples()
  await engine.docker.createNetwork({
    Name: name,
    Driver: 'sluice',
    Options: { 'network.rate': `${TOTAL}mbit` },
  })
  const host: Station = { place: hostPlace(engine), address: await gatewayOf(engine, name) }
  const members: Station[] = []
  for (const [index, mbit] of GUARANTEED.entries())
    members.push(await startStation(engine, `${name}-${index}`, name, { min: `${mbit}mbit` }))
  const send = async (index: number, when: string) => {
    const from = (members[index] as Station).place
    const { rate } = await flow({ from, to: host.place, address: host.address, ...WINDOW, shared: true })
    samples.add(`member ${index}, ${when}: Mbit/s`, rate / MBIT)
  }
  for (let round = 0; round < rounds; round++) {
    await Promise.all(members.map((_, index) => send(index, 'together')))
    for (const index of members.keys()) await send(index, 'alone')
  }
  await tidy(engine)
  const cells = (index: number, when: string, expected: number): string[] => {
    const is = median(samples.of(`member ${index}, ${when}: Mbit/s`))
    return [is.toFixed(1), `${((is / expected - 1) * 100).toFixed(2)} %`]
  }
  return {
    title: `Members of network.rate=${TOTAL}mbit, Mbit/s, median of ${rounds}`,
    columns: ['min', 'all send', 'error', 'this one alone', 'error'],
    rows: GUARANTEED.map((mbit, index) => [
      String(mbit),
      ...cells(index, 'together', mbit),
      ...cells(index, 'alone', TOTAL),
    ]),
    samples: samples.all(),
  }
}
