import { setTimeout as sleep } from 'node:timers/promises'
import { type Place, type Running, runIn } from './traffic-place.ts'

/** Bytes of frames that have come in until now, as tc counts them. */
export type Meter = () => number | Promise<number>

/**
 * Bytes of a frame's Ethernet header; of a TCP frame's IP and TCP headers, with timestamps; of a full frame.
 */
const ETHERNET = 14
const TCP_HEADERS = 52
export const FRAME = 1514

/**
 * All that reached the network of `running`, at no process. An offload packet is as many segments as the
 * kernel counts in it, each with headers of its own.
 */
export const networkMeter =
  (running: Running): Meter =>
  () => {
    const [packets, stack] = [running.proc('net/netstat'), running.proc('net/snmp')]
    const segments = ['InNoECTPkts', 'InECT0Pkts', 'InECT1Pkts', 'InCEPkts']
      .map((name) => counter(packets, 'IpExt', name))
      .reduce((all, one) => all + one, 0)
    const saved = (segments - counter(stack, 'Ip', 'InReceives')) * TCP_HEADERS
    return counter(packets, 'IpExt', 'InOctets') + saved + segments * ETHERNET
  }

/**
 * Data segments that reached the TCP sockets of a port, in order or not: the streams must consist of full
 * ones.
 */
export const socketMeter =
  (place: Place, port: number): Meter =>
  async () =>
    [...(await bytesByPeer(place, port)).values()].reduce((all, one) => all + one, 0)

/** The same by the address of the other end. */
export async function bytesByPeer(place: Place, port: number): Promise<Map<string, number>> {
  const lines = await runIn(place, ['ss', '-HtinO', 'state', 'connected', 'sport', '=', `:${port}`])
  const bytes = new Map<string, number>()
  for (const line of lines.split('\n')) {
    // State, both queues, this end, the other end: IPv4 in a socket of both families is ::ffff:a.b.c.d.
    const peer = /^\S+ +\d+ +\d+ +\S+ +\[?(?:::ffff:)?([\d.]+)\]?:\d+/.exec(line)?.[1]
    const segments = Number(/ data_segs_in:(\d+)/.exec(line)?.[1] ?? 0)
    if (peer) bytes.set(peer, (bytes.get(peer) ?? 0) + segments * FRAME)
  }
  return bytes
}

/** Bit/s over a window that begins after `warmUp` seconds. */
export async function measure(
  meter: Meter,
  { warmUp, seconds }: { readonly warmUp: number; readonly seconds: number },
): Promise<number> {
  await sleep(warmUp * 1000)
  const before = await look(meter)
  await sleep(seconds * 1000)
  const after = await look(meter)
  return ((after.bytes - before.bytes) * 8) / ((after.at - before.at) / 1000)
}

/** ms that a look may take: half of it is how far off its moment may be */
const QUICK = 10

/** With the middle of the time that looking took. A look that was held up is taken again. ms */
export async function look(meter: Meter): Promise<{ bytes: number; at: number }> {
  let best = { bytes: 0, at: 0, took: Number.POSITIVE_INFINITY }
  for (let tries = 0; tries < 5 && best.took > QUICK; tries++) {
    const started = performance.now()
    const bytes = await meter()
    const took = performance.now() - started
    if (took < best.took) best = { bytes, at: started + took / 2, took }
  }
  return best
}

/**
 * A number of a table in /proc/net/snmp or netstat: a line of names and, below, a line of numbers, both
 * beginning with the table's name.
 */
export function counter(tables: string, table: string, name: string): number {
  const [names = [], numbers = []] = tables
    .split('\n')
    .filter((line) => line.startsWith(`${table}:`))
    .map((line) => line.split(' '))
  const value = Number(numbers[names.indexOf(name)])
  if (Number.isNaN(value)) throw new Error(`the kernel has no counter ${table} ${name}`)
  return value
}
