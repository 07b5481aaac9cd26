import { OPEN } from '../../../values/units.ts'
import { tc } from '../../command.ts'
import type { QdiscKind } from './kind.ts'

/** A token bucket; offload packets larger than `burst` are cut into frames. */
export interface Tbf {
  readonly kind: 'tbf'
  /** bit/s */
  readonly rate: number
  /** bytes */
  readonly burst: number
  /** bytes that may wait, where nothing stands below */
  readonly limit: number
}

/** @see https://man7.org/linux/man-pages/man8/tc-tbf.8.html */
export const tbf = {
  kind: 'tbf',
  module: 'sch_tbf',
  words: ({ rate, burst, limit }) => tc`tbf rate ${rate}bit burst ${burst}b limit ${limit}b`.line,
  // tc keeps a burst as the time it takes, in ticks of 64 ns: two of them are rounding. Without a cap that is
  // all there is.
  checks: ({ rate, burst }, options) => [
    ['rate', options.rate, rate / 8],
    ...(rate < OPEN ? [['burst', options.burst, burst, 16 + (rate / 8) * 128e-9] as const] : []),
  ],
  // Offload packets that wait in a wide bucket would never fit through a narrow one: that is another qdisc,
  // not a change.
  base: (_, wide) => (wide ? 0xa000 : 0),
} as const satisfies QdiscKind<Tbf>
