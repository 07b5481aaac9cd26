import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { counter, look } from '../support/traffic-count.ts'
import { type Started, startFlow } from '../support/traffic-flow.ts'
import { hostPlace } from '../support/traffic-place.ts'
import type { Table } from './part.ts'
import { gatewayOf, startStation } from './station.ts'
import { digits, Samples } from './stats.ts'

const NAME = 'turnover'
/** s of each phase in which nothing changes */
const SECONDS = 3

interface Reading {
  readonly at: number
  readonly bytes: number
  readonly retransmits: number
}

/** What two members that send notice of a third that comes, sends and goes; the second one's own part halves meanwhile. */
export async function turnoverTable(engine: Engine, total: number): Promise<Table> {
  const samples = new Samples()
  await engine.docker.createNetwork({
    Name: NAME,
    Driver: 'sluice',
    Options: { 'network.rate': `${total}mbit` },
  })
  const host = { to: hostPlace(engine), address: await gatewayOf(engine, NAME) }
  const [one, two] = [
    await startStation(engine, 'one', NAME, { min: `${(total * 2) / 3}mbit` }),
    await startStation(engine, 'two', NAME),
  ]
  const send = (from: typeof one, seconds: number) =>
    startFlow({ from: from.place, ...host, seconds, shared: true })
  const flows = { one: await send(one, 5 * SECONDS), two: await send(two, 5 * SECONDS) }
  const phases: string[] = []
  const phase = async (name: string, act: () => Promise<unknown>) => {
    phases.push(name)
    const before = await readings(flows)
    await act()
    const after = await readings(flows)
    for (const [index, member] of Object.keys(flows).entries()) {
      const [from, to] = [before[index] as Reading, after[index] as Reading]
      const seconds = (to.at - from.at) / 1000
      samples.add(`${name}, ${member}: Mbit/s`, ((to.bytes - from.bytes) * 8) / seconds / 1e6)
      samples.add(`${name}, ${member}: retransmits a second`, (to.retransmits - from.retransmits) / seconds)
    }
  }
  await sleep(1000)
  await phase('two send', () => sleep(SECONDS * 1000))
  let third = one
  await phase('a third is started', async () => {
    third = await startStation(engine, 'three', NAME)
  })
  await phase('it sends too', async () => (await send(third, SECONDS - 1)).end())
  await phase('it is removed', () => engine.docker.getContainer('three').remove({ force: true }))
  await phase('two send again', () => sleep(SECONDS * 1000))
  await Promise.all(Object.values(flows).map(({ end }) => end()))
  await tidy(engine)

  const value = (name: string) => digits(samples.of(name)[0] ?? 0)
  return {
    title: `A third member comes and goes on network.rate=${total}mbit: Mbit/s, retransmitted segments a second`,
    columns: ['', 'one', 'retransmits', 'two', 'retransmits'],
    rows: phases.map((name) => [
      name,
      ...Object.keys(flows).flatMap((member) => [
        value(`${name}, ${member}: Mbit/s`),
        value(`${name}, ${member}: retransmits a second`),
      ]),
    ]),
    samples: samples.all(),
  }
}

const readings = (flows: Readonly<Record<string, Started>>): Promise<Reading[]> =>
  Promise.all(
    Object.values(flows).map(async ({ meter, sender }) => ({
      ...(await look(meter)),
      retransmits: counter(sender.proc('net/snmp'), 'Tcp', 'RetransSegs'),
    })),
  )
