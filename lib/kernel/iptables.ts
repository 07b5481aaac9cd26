import { PASS_MARK } from '../names.ts'
import type { Command, Program } from './command.ts'

/** What honours the mark that our forward chain gave: one rule, the same for every packet of every network. */
const GATE = `-m mark --mark ${PASS_MARK}/${PASS_MARK} -m comment --comment sluice -j ACCEPT`
const GATE_RULE = /^-A \S+ .*--comment "?sluice"? .*-j ACCEPT$/

/** A rule of the filter table, as far as the gate has to do with it. */
export type FilterRule = 'gate' | 'return' | 'other'

/** The filter table as it is. */
export interface FilterTable {
  /** chains by name, those of the kernel included, with their rules in order */
  readonly chains: ReadonlyMap<string, readonly FilterRule[]>
  /** FORWARD drops what no rule accepts */
  readonly forwardDrops: boolean
}

/** @param listing what `iptables -S` prints, a format made to be read back (iptables(8)) */
export function parseFilter(listing: string): FilterTable {
  const lines = listing.split('\n')
  const names = lines.flatMap((line) => /^-[NP] (\S+)/.exec(line)?.[1] ?? [])
  const rulesOf = (chain: string): FilterRule[] =>
    lines
      .filter((line) => line.startsWith(`-A ${chain} `))
      .map((line) => (GATE_RULE.test(line) ? 'gate' : line === `-A ${chain} -j RETURN` ? 'return' : 'other'))
  return {
    chains: new Map(names.map((name) => [name, rulesOf(name)])),
    forwardDrops: lines.includes('-P FORWARD DROP'),
  }
}

/** @param at the rule's number in the chain, from 1 */
export const insertGate = (backend: Program, chain: string, at: number): Command => ({
  program: backend,
  line: `-I ${chain} ${at} ${GATE}`,
})

export const deleteGate = (backend: Program, chain: string): Command => ({
  program: backend,
  line: `-D ${chain} ${GATE}`,
})
