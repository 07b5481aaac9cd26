import { OPEN } from '../../../values/units.ts'
import { tc } from '../../command.ts'
import type { QdiscKind } from './kind.ts'

/** A token bucket, which cuts offload packets larger than `burst` into frames. */
export interface Tbf {
  readonly kind: 'tbf'
  /** bit/s */
  readonly rate: number
  /** bytes */
  readonly burst: number
  /** bytes that may wait if no qdisc is below */
  readonly limit: number
}

/** @see https://man7.org/linux/man-pages/man8/tc-tbf.8.html */
export const tbf = {
  kind: 'tbf',
  module: 'sch_tbf',
  words: ({ rate, burst, limit }) => tc`tbf rate ${rate}bit burst ${burst}b limit ${limit}b`.line,
  // tc keeps a burst as its duration, in ticks of 64 ns, and rounds by up to two of them. Without a cap a
  // burst may be shorter than that.
  checks: ({ rate, burst }, options) => [
    ['rate', options.rate, rate / 8],
    ...(rate < OPEN ? [['burst', options.burst, burst, 16 + (rate / 8) * 128e-9] as const] : []),
  ],
  // Offload packets that wait in a wide bucket would never fit through a narrow one, so we replace the qdisc
  // instead of changing it.
  base: (_, wide) => (wide ? 0xa000 : 0),
} as const satisfies QdiscKind<Tbf>
