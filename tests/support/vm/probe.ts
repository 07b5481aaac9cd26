import { until } from '../until.ts'
import type { Remote } from './channel.ts'
import { quantile } from './stats.ts'
import { supplies } from './supplies.ts'
import type { Vm } from './vm.ts'

/** What arrived of a stream of datagrams, at the far end of a link. */
export interface Arrivals {
  /** Their numbers from 0, in the order of arrival, duplicates included. */
  readonly order: readonly number[]
  /** µs from the sender's program to the receiver's, for each of `order`. */
  readonly delays: readonly number[]
  /** Datagrams that arrived with another content than was sent: none where UDP's checksum is checked. */
  readonly corrupt: number
  /** Datagrams that the kernel threw away for their checksum: corrupted on the way. */
  readonly badChecksum: number
  /** Packets that the kernel threw away for their IP header. */
  readonly badHeader: number
  /** Datagrams that arrived and did not fit into the receiver's buffer. */
  readonly overrun: number
}

export interface Sent {
  /** Datagrams. */
  readonly sent: number
  /** s */
  readonly seconds: number
  /** Datagrams that the sender's own kernel refused. */
  readonly failed: number
}

export interface RoundTrips {
  /** µs, in the order of sending. */
  readonly times: readonly number[]
  /** Without an answer within 2 s. */
  readonly lost: number
}

/**
 * Two network namespaces of the machine's, by their files: `/run/netns/NAME`, or `/proc/PID/ns/net` of a
 * container's process.
 */
export interface Ends {
  readonly from: string
  readonly to: string
  /** Of `to`, as seen by `from`. */
  readonly address: string
}

export interface StreamOptions extends Ends {
  /** Datagrams. */
  readonly packets: number
  /** Datagrams a second; what the emulated machine can do is about 5000. */
  readonly pace: number
  /** Of UDP payload; 16 at least, 100 when left out. */
  readonly bytes?: number
  /** ms to wait for what is still on the way; 500 when left out. */
  readonly settle?: number
}

const port = 7000

/**
 * Sends a stream of numbered datagrams.
 *
 * @throws {Error} when one was lost by the probe itself, not by the link
 */
export async function stream(vm: Vm, options: StreamOptions): Promise<Arrivals & Sent> {
  const { from, to, address, packets, pace, bytes = 100, settle = 500 } = options
  const receiver = await listener(vm, to, 'receive')
  try {
    const sending = [address, port, packets, pace, bytes].map(String)
    const timeout = 60_000 + (packets / pace) * 5000
    const sent: Sent = JSON.parse(await vm.run(inNetns(from, 'send', ...sending), { timeout }))
    await new Promise((resolve) => setTimeout(resolve, settle))
    receiver.signal('SIGTERM')
    const { stdout, stderr } = await receiver.ended
    const report = stdout.slice(stdout.indexOf('\n') + 1)
    if (report === '') throw new Error(`the receiver ended without a report: ${stderr}`)
    const arrivals: Arrivals = JSON.parse(report)
    if (arrivals.overrun > 0) throw new Error(`the receiver was too slow for ${arrivals.overrun} datagrams`)
    return { ...arrivals, ...sent }
  } finally {
    receiver.signal('SIGKILL')
  }
}

/** Sends datagrams there and back, one after the other. */
export async function roundTrips(
  vm: Vm,
  { from, to, address, count, bytes = 100 }: Ends & { readonly count: number; readonly bytes?: number },
): Promise<RoundTrips> {
  const far = await listener(vm, to, 'echo')
  try {
    const argv = inNetns(from, 'ping', ...[address, port, count, bytes].map(String))
    return JSON.parse(await vm.run(argv, { timeout: 60_000 + count * 2000 }))
  } finally {
    far.signal('SIGKILL')
    await far.ended
  }
}

const inNetns = (netns: string, ...args: string[]): string[] => [
  'nsenter',
  `--net=${netns}`,
  '--',
  supplies.node,
  supplies.probe,
  ...args,
]

async function listener(vm: Vm, netns: string, role: 'receive' | 'echo'): Promise<Remote> {
  const program = vm.spawn(inNetns(netns, role, String(port)))
  await until(`the probe to listen in ${netns}`, () => program.stdout().startsWith('listening'), {
    hopeless: () => !program.isRunning() && `it ended: ${program.stderr()}`,
  })
  return program
}

/**
 * What a link adds to a datagram's way, µs: what one in ten datagrams of a slow stream falls short of. The
 * others were held up by whatever else the emulated processors had to do.
 */
export async function oneWayDelay(vm: Vm, ends: Ends): Promise<number> {
  const { delays } = await stream(vm, { ...ends, packets: 1000, pace: 500 })
  return quantile(delays, 0.1)
}
