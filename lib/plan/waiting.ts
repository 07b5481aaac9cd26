import type { Queue } from '../kernel/qdisc.ts'
import type { QueueKind } from './link.ts'

/** microseconds that a packet may wait under the cap, where `queue.limit` says nothing */
export const QUEUE_TIME = 10e3
/** bytes, or packets: what tc and the kernel keep a limit in */
export const MOST = 2 ** 32 - 1

/** bytes of a 64 KiB datagram's fragments. One that is dropped makes the others useless. */
const DATAGRAM = 70_000
/** seconds of sending that fit at once: CoDel drops from what has waited for its interval */
const DATAGRAM_TIME = 0.15
/** bytes: fq_codel's own default, and all that a long path may take of the host's memory */
const MOST_ROOM = 2 ** 25
/** microseconds: CoDel's own, a long round trip (RFC 8289, 4.4), to which delays are added; and the most */
const [INTERVAL, LONGEST_INTERVAL] = [100e3, 100e6]
/** sfq holds 128 flows of 127 packets (tc-sfq(8)) */
const SFQ_PACKETS = 128 * 127

/** What waits under a cap. */
export interface Waiting {
  /** bit/s */
  readonly rate: number
  /** bytes that a plain queue may hold */
  readonly limit: number
  /** bytes of the largest frame */
  readonly frame: number
  /** microseconds, as the user gave it */
  readonly wait?: number | undefined
  /** microseconds that the link's own delays add to a round trip */
  readonly roundTrip?: number | undefined
}

/** The queue under a cap. @param kind absent: the kernel has only plain ones */
export function queueOf(kind: QueueKind | undefined, waiting: Waiting): Queue {
  const { limit, frame, wait = QUEUE_TIME, roundTrip = 0 } = waiting
  const packets = Math.max(8, Math.ceil(limit / frame))
  const interval = Math.min(LONGEST_INTERVAL, INTERVAL + 2 * roundTrip)
  switch (kind) {
    case undefined:
      return { kind: 'bfifo', bytes: limit }
    case 'fq_codel':
      // A full frame takes half as much again in memory, a small packet five times what it is: this is no more than twice the time.
      return {
        kind,
        bytes: Math.min(MOST, 2 * roomOf(waiting)),
        quantum: frame,
        target: Math.max(100, Math.round(Math.min(5e3, wait / 2))),
        interval,
      }
    case 'cake':
      // It counts what a packet takes in memory, up to three times the packet.
      return { kind, bytes: Math.min(MOST, Math.max(2 ** 16, 3 * roomOf(waiting))), interval }
    case 'sfq':
      return { kind, packets: Math.min(SFQ_PACKETS, packets) }
    default:
      return { kind, packets }
  }
}

/**
 * Bytes of room in fq_codel and cake. They keep the wait short by dropping what stands, and let short flows pass long ones: room is
 * for what comes at once, a datagram's fragments, and what TCP sends in a round trip, without which a long path stays half empty.
 */
function roomOf({ rate, limit, wait, roundTrip = 0 }: Waiting): number {
  if (wait !== undefined) return limit
  const bytes = (seconds: number): number => Math.ceil((rate / 8) * seconds)
  const path = Math.min(MOST_ROOM, bytes(roundTrip / 1e6))
  return Math.max(limit, path, Math.min(DATAGRAM, bytes(DATAGRAM_TIME)))
}
