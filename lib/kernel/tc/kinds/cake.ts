import { tc } from '../../command.ts'
import { MOST, type QueueKind } from './kind.ts'

export interface Cake {
  readonly kind: 'cake'
  /** what packets may take in the kernel's memory */
  readonly bytes: number
  /** microseconds */
  readonly interval: number
}

/** @see https://man7.org/linux/man-pages/man8/tc-cake.8.html */
export const cake = {
  kind: 'cake',
  module: 'sch_cake',
  probe: 'cake',
  aliases: [],
  isAutomatic: true,
  counts: 'bytes',
  // Without a rate of its own: the bucket above it has that. Cutting offload packets is the bucket's business
  // too.
  words: ({ bytes, interval }) =>
    tc`cake unlimited besteffort no-split-gso rtt ${interval}us memlimit ${bytes}b`.line,
  checks: () => [],
  base: () => 0x3000,
  // It counts what a packet takes in memory, up to three times the packet.
  fill: ({ burst, interval }) => ({
    kind: 'cake',
    bytes: Math.min(MOST, Math.max(2 ** 16, 3 * burst)),
    interval,
  }),
} as const satisfies QueueKind<Cake>
