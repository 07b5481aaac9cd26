import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../support/engine.ts'
import { repo } from '../support/host.ts'
import { bytesByPeer } from '../support/traffic-count.ts'
import { listens } from '../support/traffic-flow.ts'
import { hostPlace, type Running, startIn } from '../support/traffic-place.ts'
import { until } from '../support/until.ts'
import { openCrowd } from './crowd.ts'
import type { Table } from './part.ts'
import type { Station } from './station.ts'
import { digits, Samples } from './stats.ts'

const MEMBERS = 100
const NUMBER = 90
const PORT = 5298
/** s: a member sends 250 frames a second */
const SECONDS = 10
const WARM_UP = 3

/** How evenly a rate is shared by many who all send to the host. */
export async function crowdTable(engine: Engine, total: number): Promise<Table> {
  const samples = new Samples()
  const crowd = await openCrowd(engine)
  const host = hostPlace(engine)
  const running: Running[] = []
  try {
    const gateway = await crowd.network(NUMBER, { 'network.rate': `${total}mbit` })
    await crowd.members(NUMBER, 1, MEMBERS)
    const stations: Station[] = []
    for (let member = 1; member <= MEMBERS; member++) stations.push(await crowd.station(NUMBER, member))
    const sink = startIn(host, [process.execPath, join(repo, 'tests/support/traffic-sink.ts'), String(PORT)])
    running.push(sink)
    await until('the sink to listen', () => listens(sink, PORT))
    const send = ['sh', '-c', `exec busybox nc ${gateway} ${PORT} </dev/zero`]
    for (const { place } of stations) running.push(startIn(place, send))
    const arrived = async () => (await bytesByPeer(host, PORT)).size === MEMBERS
    await until(`${MEMBERS} connections`, arrived, { every: 200 })
    await sleep(WARM_UP * 1000)
    const [before, started] = [await bytesByPeer(host, PORT), performance.now()]
    await sleep(SECONDS * 1000)
    const [after, seconds] = [await bytesByPeer(host, PORT), (performance.now() - started) / 1000]
    for (const { address } of stations) {
      const bytes = (after.get(address) ?? 0) - (before.get(address) ?? 0)
      samples.add('Mbit/s', (bytes * 8) / seconds / 1e6)
    }
  } finally {
    for (const one of running) await one.kill()
    await crowd.remove()
  }
  const rates = samples.of('Mbit/s')
  const fair = total / MEMBERS
  const off = (rate: number) => `${digits(rate)} (${((rate / fair - 1) * 100).toFixed(1)} %)`
  const sum = rates.reduce((all, rate) => all + rate, 0)
  return {
    title: `${MEMBERS} members of network.rate=${total}mbit, all sending for ${SECONDS} s: Mbit/s`,
    columns: ['together', 'least', 'most', "Jain's index"],
    rows: [[digits(sum), off(Math.min(...rates)), off(Math.max(...rates)), jain(rates).toFixed(4)]],
    samples: samples.all(),
  }
}

/** 1 when all have the same, 1/n when one has all (R. Jain and others, DEC-TR-301). */
function jain(rates: readonly number[]): number {
  const sum = rates.reduce((all, rate) => all + rate, 0)
  const squares = rates.reduce((all, rate) => all + rate * rate, 0)
  return (sum * sum) / (rates.length * squares)
}
