import { tc } from '../../command.ts'
import { MOST, type QueueKind } from './kind.ts'

export interface FqCodel {
  readonly kind: 'fq_codel'
  /** kernel memory that packets may take */
  readonly bytes: number
  /** bytes */
  readonly quantum: number
  /** microseconds */
  readonly target: number
  /** microseconds */
  readonly interval: number
}

/** @see https://man7.org/linux/man-pages/man8/tc-fq_codel.8.html */
export const fqCodel = {
  kind: 'fq_codel',
  module: 'sch_fq_codel',
  probe: 'fq_codel',
  aliases: ['fq', 'codel'],
  isAutomatic: true,
  counts: 'bytes',
  words: ({ bytes, quantum, target, interval }) =>
    tc`fq_codel memory_limit ${bytes}b quantum ${quantum} target ${target}us
      interval ${interval}us drop_batch 8`.line,
  checks: ({ bytes, target, interval }, options) => [
    ['memory_limit', options.memory_limit, bytes],
    ['target', options.target, target, 2],
    ['interval', options.interval, interval, 2],
  ],
  base: () => 0x2000,
  fill: ({ burst, frame, wait, interval }) => ({
    kind: 'fq_codel',
    // A full frame takes 1.5 times its size in memory, a small packet five times: with this limit, packets
    // wait no more than twice as long.
    bytes: Math.min(MOST, 2 * burst),
    quantum: frame,
    target: Math.max(100, Math.round(Math.min(5e3, wait / 2))),
    interval,
  }),
} as const satisfies QueueKind<FqCodel>
