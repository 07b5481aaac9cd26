import { tc } from '../../command.ts'
import { packetsIn } from './fifo.ts'
import type { QueueKind } from './kind.ts'

export interface Sfq {
  readonly kind: 'sfq'
  readonly packets: number
}

/** sfq holds 128 flows of 127 packets (tc-sfq(8)) */
const MOST_PACKETS = 128 * 127

/** @see https://man7.org/linux/man-pages/man8/tc-sfq.8.html */
export const sfq = {
  kind: 'sfq',
  module: 'sch_sfq',
  probe: 'sfq',
  aliases: [],
  isAutomatic: true,
  counts: 'packets',
  words: ({ packets }) => tc`sfq limit ${packets}`.line,
  // The limit may stay lower: a smaller limit, once set, lowers sfq's maximum of flows for good.
  checks: ({ packets }, options) => [['limit', Math.max(Number(options.limit), packets), packets]],
  base: () => 0x4000,
  fill: (room) => ({ kind: 'sfq', packets: Math.min(MOST_PACKETS, packetsIn(room)) }),
} as const satisfies QueueKind<Sfq>
