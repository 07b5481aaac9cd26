import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { counter, look } from '../support/traffic-count.ts'
import { type Started, startFlow } from '../support/traffic-flow.ts'
import { hostPlace } from '../support/traffic-place.ts'
import type { Table } from './part.ts'
import { gatewayOf, type Station, startStation } from './station.ts'
import { digits, median, Samples, spread } from './stats.ts'

const NAME = 'turnover'
/**
 * Another network of the same kind: what a container's coming and going there does to these members is the
 * machine's doing.
 */
const ELSEWHERE = 'elsewhere'
/** s of each phase in which nothing changes */
const SECONDS = 2
/** s that the flows would last at most */
const LONGEST = 600

interface Reading {
  readonly at: number
  readonly bytes: number
  readonly retransmits: number
}

/**
 * What two members that send notice of a third that comes, sends and goes; the second one's own part halves
 * meanwhile. The third one's first packets change what the two get without any change of a class.
 */
export async function turnoverTable(engine: Engine, total: number, rounds: number): Promise<Table> {
  const samples = new Samples()
  const options = { 'network.rate': `${total}mbit` }
  for (const name of [NAME, ELSEWHERE])
    await engine.docker.createNetwork({ Name: name, Driver: 'sluice', Options: options })
  const min = { min: `${(total * 2) / 3}mbit` }
  await startStation(engine, 'stays', ELSEWHERE, min)
  const host = { to: hostPlace(engine), address: await gatewayOf(engine, NAME) }
  const [one, two] = [await startStation(engine, 'one', NAME, min), await startStation(engine, 'two', NAME)]
  const send = (from: Station, seconds: number) =>
    startFlow({ from: from.place, ...host, seconds, shared: true })
  const flows = { one: await send(one, LONGEST), two: await send(two, LONGEST) }
  const phases = new Set<string>()
  const phase = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    phases.add(name)
    const before = await readings(flows)
    const result = await act()
    const after = await readings(flows)
    for (const [index, member] of Object.keys(flows).entries()) {
      const [from, to] = [before[index] as Reading, after[index] as Reading]
      const seconds = (to.at - from.at) / 1000
      samples.add(`${name}, ${member}: Mbit/s`, ((to.bytes - from.bytes) * 8) / seconds / 1e6)
      samples.add(`${name}, ${member}: retransmits a second`, (to.retransmits - from.retransmits) / seconds)
    }
    return result
  }
  const remove = (name: string) => engine.docker.getContainer(name).remove({ force: true })
  await sleep(1000)
  for (let round = 0; round < rounds; round++) {
    await phase('two send', () => sleep(SECONDS * 1000))
    const third = await phase('a third is started', () => startStation(engine, 'three', NAME))
    await phase('it sends too', async () => (await send(third, SECONDS)).end())
    await phase('it is removed', () => remove('three'))
    await phase('one is started elsewhere', () => startStation(engine, 'other', ELSEWHERE))
    await phase('and removed', () => remove('other'))
  }
  for (const { sender } of Object.values(flows)) await sender.kill()
  await Promise.allSettled(Object.values(flows).map(({ end }) => end()))
  await tidy(engine)

  const cells = (name: string, member: string): string[] => [
    digits(median(samples.of(`${name}, ${member}: Mbit/s`))),
    spread(samples.of(`${name}, ${member}: retransmits a second`)),
  ]
  return {
    title: `A third member comes and goes ${rounds} times on network.rate=${total}mbit, and one on another network: Mbit/s, retransmitted segments a second, medians (min–max)`,
    columns: ['', 'one', 'retransmits', 'two', 'retransmits'],
    rows: [...phases].map((name) => [name, ...Object.keys(flows).flatMap((member) => cells(name, member))]),
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
