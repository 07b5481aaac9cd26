import { tc } from '../../command.ts'
import { MOST, type QueueKind } from './kind.ts'

export interface Cake {
  readonly kind: 'cake'
  /** kernel memory that packets may take */
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
  // Without a rate, which the bucket above limits. That bucket also cuts offload packets.
  words: ({ bytes, interval }) =>
    tc`cake unlimited besteffort no-split-gso rtt ${interval}us memlimit ${bytes}b`.line,
  checks: () => [],
  base: () => 0x3000,
  // cake counts the memory of a packet, up to three times the packet.
  fill: ({ burst, interval }) => ({
    kind: 'cake',
    bytes: Math.min(MOST, Math.max(2 ** 16, 3 * burst)),
    interval,
  }),
} as const satisfies QueueKind<Cake>
