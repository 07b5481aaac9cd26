import type { Engine } from './engine.ts'
import { until } from './until.ts'

export interface IperfOptions {
  /** Containers of the image `iperf`, by name. */
  readonly from: string
  readonly to: string
  /** What `from` calls `to`; the container's name when left out. */
  readonly address?: string
  /** s of measuring, after 1 s that is left out of the account. */
  readonly seconds: number
  /** Sends from `to` to `from`. */
  readonly reverse?: boolean
  readonly parallel?: number
  /** Offered load in bit/s; TCP, which finds its own, when left out. */
  readonly udp?: number
}

export interface Throughput {
  /** What the receiver's application got, bit/s. */
  readonly bitsPerSecond: number
  /** The same with headers, as tc counts a frame: IPv4 TCP with timestamps at MTU 1500. bit/s. */
  readonly l2BitsPerSecond: number
  /** TCP segments sent again, in the whole run; 0 for UDP. */
  readonly retransmits: number
}

interface Report {
  readonly intervals?: readonly {
    readonly sum: { readonly bytes: number; readonly seconds: number; readonly omitted: boolean }
  }[]
  readonly end?: { readonly sum_sent?: { readonly retransmits?: number } }
  readonly server_output_json?: Report
  readonly error?: string
}

/**
 * Payload and frame of a full segment: 1500 less 20 IP, 20 TCP, 12 timestamps; 1500 with 14 of Ethernet.
 * Bytes.
 */
const payload = 1448
const frame = 1514

/**
 * Measures a one-way throughput between two containers with iperf3.
 *
 * @throws {Error} when iperf3 does, with its report
 */
export async function iperf(engine: Pick<Engine, 'cli'>, options: IperfOptions): Promise<Throughput> {
  const { from, to, address = to, seconds, reverse = false, parallel = 1, udp } = options
  await engine.cli('exec', '-d', to, 'iperf3', '-s', '-1', '-J')
  await until(`iperf3 to listen in ${to}`, () =>
    engine.cli('exec', to, 'sh', '-c', 'netstat -ltn | grep -q :5201 && echo yes'),
  )
  const args = [
    '-c',
    address,
    '-J',
    '--get-server-output',
    '-O',
    '1',
    '-t',
    String(seconds),
    '-P',
    String(parallel),
  ]
  if (reverse) args.push('-R')
  if (udp !== undefined) args.push('-u', '-b', String(udp))
  const report: Report = JSON.parse(await engine.cli('exec', from, 'iperf3', ...args))
  return summary(report, reverse)
}

function summary(client: Report, reverse: boolean): Throughput {
  const server = client.server_output_json
  if (client.error || !server) throw new Error(`iperf3: ${client.error ?? JSON.stringify(client)}`)
  const receiver = reverse ? client : server
  // The receiver's own intervals: iperf3's sums at the end count seconds that it left out.
  const counted = (receiver.intervals ?? [])
    .map(({ sum }) => sum)
    .filter(({ omitted, seconds }) => !omitted && seconds > 0.5)
  const bytes = counted.reduce((total, sum) => total + sum.bytes, 0)
  const time = counted.reduce((total, sum) => total + sum.seconds, 0)
  if (time === 0) throw new Error(`iperf3 measured nothing: ${JSON.stringify(client)}`)
  const bitsPerSecond = (bytes * 8) / time
  return {
    bitsPerSecond,
    l2BitsPerSecond: (bitsPerSecond * frame) / payload,
    retransmits: (reverse ? server : client).end?.sum_sent?.retransmits ?? 0,
  }
}
