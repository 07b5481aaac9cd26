import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { startEngine } from '../support/engine.ts'
import { flow, listens } from '../support/traffic-flow.ts'
import { type Place, startIn } from '../support/traffic-place.ts'
import { until } from '../support/until.ts'
import { openWorld, PORT, type World } from './forward-world.ts'
import type { Part } from './part.ts'
import { median, Samples } from './stats.ts'

const SIZES = [
  { networks: 1, ports: 0 },
  { networks: 1000, ports: 5 },
] as const
const ROUNDS = 12
/** s */
const SECONDS = 0.7
/** bit/s that one core cannot send in frames of 1514 bytes, one at a time */
const FLOOD = 50e9
const FRAME_BITS = 1514 * 8
const CONNECT = join(import.meta.dirname, '../support/traffic-connect.ts')

/** µs of one core, by way */
type Way = (world: World) => Promise<number>

const WAYS: Readonly<Record<string, Way>> = {
  'a packet in, by a published port': async ({ outside, inside, hostAddress }) =>
    packetCost(outside, inside, hostAddress),
  'a packet out': async ({ outside, inside, outsideAddress }) => packetCost(inside, outside, outsideAddress),
  'a connection in, by a published port': async ({ outside, inside, hostAddress }) =>
    connectionCost(outside, inside, hostAddress),
  'a connection out': async ({ outside, inside, outsideAddress }) =>
    connectionCost(inside, outside, outsideAddress),
}

/**
 * What a packet between a container and a machine beyond the host costs, by how many networks and published
 * ports there are; and a whole connection, which is where the tables are looked up. Both ends share one core
 * with all that the kernel does for them.
 */
export const forward: Part = async ({ engine, runs }) => {
  const second = await startEngine({ release: engine.release })
  const samples = new Samples()
  const rounds = Math.min(runs, ROUNDS)
  const worlds: World[] = []
  try {
    for (const [index, size] of SIZES.entries())
      worlds.push(await openWorld(index === 0 ? engine : second, size))
    for (let round = 0; round < rounds; round++)
      for (const [way, costOf] of Object.entries(WAYS))
        for (const [index, world] of worlds.entries()) samples.add(nameOf(way, index), await costOf(world))
  } finally {
    for (const world of worlds) await world.remove()
    await second.stop()
  }
  return [table(samples, rounds)]
}

async function packetCost(from: Place, to: Place, address: string): Promise<number> {
  const options = { seconds: SECONDS, warmUp: 0.3, udp: FLOOD, port: PORT }
  const { rate } = await flow({ from: pinned(from), to: pinned(to), address, ...options })
  return (1e6 * FRAME_BITS) / rate
}

async function connectionCost(from: Place, to: Place, address: string): Promise<number> {
  const port = String(PORT)
  const server = startIn(pinned(to), [process.execPath, CONNECT, 'serve', port])
  try {
    await until('the server to listen', () => listens(server, PORT), { every: 10 })
    const argv = [process.execPath, CONNECT, 'ask', port, address, String(2 * SECONDS)]
    return Number(await startIn(pinned(from), argv).output())
  } finally {
    await server.kill()
  }
}

const pinned = ({ prefix }: Place): Place => ({
  prefix: [...prefix, 'taskset', '-c', String(availableParallelism() - 1)],
})

const sizeOf = (index: number): string => {
  const { networks = 0, ports = 0 } = SIZES[index] ?? {}
  return `${networks} networks, ${(networks - 1) * ports + 2} ports`
}
const nameOf = (way: string, index: number): string => `${sizeOf(index)}: µs for ${way}`

function table(samples: Samples, rounds: number) {
  const best = (way: string, index: number) => Math.min(...samples.of(nameOf(way, index)))
  return {
    title: `Forwarding: µs of one core, ${rounds} rounds`,
    columns: ['', ...SIZES.flatMap((_, index) => [`${sizeOf(index)}: best`, 'median']), 'ratio of best'],
    rows: Object.keys(WAYS).map((way) => [
      way,
      ...SIZES.flatMap((_, index) => [
        best(way, index).toFixed(3),
        median(samples.of(nameOf(way, index))).toFixed(3),
      ]),
      (best(way, 1) / best(way, 0)).toFixed(3),
    ]),
    samples: samples.all(),
  }
}
