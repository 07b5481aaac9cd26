import { tc } from '../../command.ts'
import type { QueueKind, Room } from './kind.ts'

export interface Pfifo {
  readonly kind: 'pfifo'
  readonly packets: number
}

export interface Bfifo {
  readonly kind: 'bfifo'
  readonly bytes: number
}

/** A limit in bytes as a number of frames; at least eight. */
export const packetsIn = ({ limit, frame }: Room): number => Math.max(8, Math.ceil(limit / frame))

/** @see https://man7.org/linux/man-pages/man8/tc-pfifo.8.html */
export const pfifo = {
  kind: 'pfifo',
  module: 'sch_fifo',
  aliases: ['fifo', 'bfifo'],
  isAutomatic: false,
  counts: 'packets',
  words: ({ packets }) => tc`pfifo limit ${packets}`.line,
  checks: ({ packets }, options) => [['limit', options.limit, packets]],
  base: () => 0x5000,
  fill: (room) => ({ kind: 'pfifo', packets: packetsIn(room) }),
} as const satisfies QueueKind<Pfifo>

/**
 * The fallback that every kernel has; users cannot choose it.
 *
 * @see https://man7.org/linux/man-pages/man8/tc-bfifo.8.html
 */
export const bfifo = {
  kind: 'bfifo',
  module: 'sch_fifo',
  isAutomatic: true,
  counts: 'bytes',
  words: ({ bytes }) => tc`bfifo limit ${bytes}b`.line,
  checks: ({ bytes }, options) => [['limit', options.limit, bytes]],
  base: () => 0x6000,
  fill: ({ limit }) => ({ kind: 'bfifo', bytes: limit }),
} as const satisfies QueueKind<Bfifo>
