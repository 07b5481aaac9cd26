import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FlowOptions, listens, startFlow } from './traffic-flow.ts'
import { startIn } from './traffic-place.ts'
import { until } from './until.ts'

const PROGRAM = join(import.meta.dirname, 'traffic-pingpong.ts')
const PORT = 5299

/**
 * Sends one way over TCP, and asks over a second connection on the same way meanwhile.
 *
 * @returns ms of every round trip that began within the window
 * @throws {Error} either could not
 */
export async function loadedRoundTrips(options: FlowOptions): Promise<number[]> {
  const { from, to, address, seconds, warmUp = 1 } = options
  const server = startIn(to, [process.execPath, PROGRAM, 'serve', String(PORT)])
  try {
    await until('the ping-pong server to listen', () => listens(server, PORT), { every: 10 })
    const lasts = String(warmUp + seconds + 1)
    const client = startIn(from, [process.execPath, PROGRAM, 'ask', String(PORT), address, lasts])
    // Connected while the link is free: a handshake that loses a packet takes a second more.
    await sleep(400)
    const load = await startFlow({ ...options, warmUp })
    await sleep(warmUp * 1000)
    const began = Date.now()
    const [output] = await Promise.all([client.output(), load.end()])
    const trips = JSON.parse(output) as [at: number, ms: number][]
    return trips.filter(([at]) => at >= began && at < began + seconds * 1000).map(([, ms]) => ms)
  } finally {
    await server.kill()
  }
}
