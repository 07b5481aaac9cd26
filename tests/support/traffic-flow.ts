import { FRAME, type Meter, measure, networkMeter, socketMeter } from './traffic-count.ts'
import { type Place, type Running, startIn } from './traffic-place.ts'
import { until } from './until.ts'

export interface FlowOptions {
  readonly from: Place
  readonly to: Place
  /** What `from` calls `to`. */
  readonly address: string
  /** s that count */
  readonly seconds: number
  /** s before those; 0.5 when left out */
  readonly warmUp?: number
  /** TCP streams; one when left out */
  readonly streams?: number
  /** bit/s of full frames that are offered as UDP; TCP, which finds its own rate, when left out */
  readonly udp?: number
  /** of the receiver, TCP and, with `udp`, UDP; one that is not in use when left out */
  readonly port?: number
  /** Other traffic reaches `to` meanwhile: what is slow enough is told apart by its sockets. */
  readonly shared?: boolean
}

export interface Flow {
  /** Bit/s that came in, as tc counts frames. */
  readonly rate: number
  /** TCP segments sent again, in the whole run; of UDP none. */
  readonly retransmits: number
}

interface Report {
  readonly intervals: readonly {
    readonly sum: { readonly start: number; readonly seconds: number; readonly bytes: number }
  }[]
  readonly end: { readonly sum_sent?: { readonly retransmits?: number } }
  readonly error?: string
}

/** Bytes that a full frame of UDP carries: 1500 less 20 of IP and 8 of UDP. */
const UDP_PAYLOAD = 1472
/** s between two looks of iperf3's */
const INTERVAL = 0.25
/** s */
const WARM_UP = 0.5
/** s that may pass before traffic flows, and until the last look */
const SLACK = 0.5

/** Traffic that flows. */
export interface Started {
  /** What comes in, for `measure`. */
  readonly meter: Meter
  /** The program that sends. */
  readonly sender: Running
  /** Waits until all is sent, and what both ends say. @throws {Error} iperf3 does, with its report */
  end(): Promise<{ readonly sent: Report; readonly received: Report }>
}

let flows = 0

/** Starts to send one way with iperf3, for as long as a window needs. */
export async function startFlow(options: FlowOptions): Promise<Started> {
  const { from, to, address, seconds, warmUp = WARM_UP, streams = 1, udp, shared = false } = options
  const { port = 5300 + (flows++ % 1000) } = options
  const common = ['-J', '-i', String(INTERVAL), '-p', String(port)]
  const server = startIn(to, ['iperf3', '-s', '-1', ...common])
  await until('iperf3 to listen', () => listens(server, port), { every: 10 })
  const time = String(Math.ceil(warmUp + seconds + SLACK))
  const kind =
    udp === undefined ? ['-P', String(streams)] : ['-u', '-l', String(UDP_PAYLOAD), '-b', bits(udp)]
  const sender = startIn(from, ['iperf3', '-c', address, '-t', time, ...common, ...kind])
  return {
    meter: shared ? socketMeter(to, port) : networkMeter(server),
    sender,
    async end() {
      try {
        const [sent, received] = await Promise.all([report(sender), report(server)])
        return { sent, received }
      } finally {
        await server.kill()
      }
    },
  }
}

/**
 * Sends one way, and tells what came in between two moments that are far from its beginning and its end.
 *
 * What counts is what the network delivered, not what the receiving program has read: that has holes where a
 * segment is missing still, and of UDP what it was too slow for.
 *
 * @throws {Error} iperf3 does, with its report
 */
export async function flow(options: FlowOptions): Promise<Flow> {
  const { seconds, warmUp = WARM_UP, udp, shared = false } = options
  const { meter, end } = await startFlow(options)
  // UDP has no segments to count at a socket, and no holes.
  const own = shared && udp !== undefined
  const measured = own ? undefined : measure(meter, { warmUp, seconds })
  const [{ sent, received }, rate] = await Promise.all([end(), measured])
  return {
    rate: rate ?? within(received, { warmUp, seconds }) * (FRAME / UDP_PAYLOAD),
    retransmits: sent.end.sum_sent?.retransmits ?? 0,
  }
}

const bits = (frames: number): string => String(Math.round((frames * UDP_PAYLOAD) / FRAME))

/** @throws {Error} with iperf3's own words */
async function report(running: Running): Promise<Report> {
  const result = JSON.parse(await running.output()) as Report
  if (result.error) throw new Error(`iperf3: ${result.error}`)
  return result
}

/** Bit/s of payload in the whole intervals of a window. */
function within(
  { intervals }: Report,
  { warmUp, seconds }: { readonly warmUp: number; readonly seconds: number },
): number {
  const counted = intervals
    .map(({ sum }) => sum)
    .filter(({ start }) => start >= warmUp - INTERVAL / 2 && start < warmUp + seconds - INTERVAL / 2)
  const total = (part: 'bytes' | 'seconds') => counted.reduce((all, sum) => all + sum[part], 0)
  if (counted.length === 0) throw new Error(`iperf3 measured nothing: ${JSON.stringify(intervals)}`)
  return (total('bytes') * 8) / total('seconds')
}

/** Whether somebody listens on a port, of either family. */
export function listens(running: Running, port: number): boolean {
  const listening = new RegExp(`:${port.toString(16).toUpperCase()} 0+:0000 0A `)
  return ['net/tcp', 'net/tcp6'].some((file) => listening.test(running.proc(file)))
}
