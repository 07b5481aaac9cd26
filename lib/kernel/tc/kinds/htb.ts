import { tc } from '../../command.ts'
import type { QdiscKind } from './kind.ts'

/** The root of a tree of classes. */
export interface Htb {
  readonly kind: 'htb'
  /** hexadecimal minor number of the class for packets that match no filter */
  readonly default: string
}

/** @see https://man7.org/linux/man-pages/man8/tc-htb.8.html */
export const htb = {
  kind: 'htb',
  module: 'sch_htb',
  words: (qdisc) => tc`htb default ${qdisc.default}`.line,
  checks: () => [],
  base: () => 0,
} as const satisfies QdiscKind<Htb>
