import type { Family } from '../values/families.ts'
import { PASS_MARK } from '../values/names.ts'
import type { Command, Program } from './command.ts'
import type { CommandError } from './command-error.ts'
import type { Host } from './host.ts'

/** The chain that Docker reserves for users' rules and evaluates first. */
export const USER_CHAIN = 'DOCKER-USER'

/**
 * The rule that accepts packets with our forward chain's mark: one rule, the same for all packets of all
 * networks.
 */
const GATE = `-m mark --mark ${PASS_MARK}/${PASS_MARK} -m comment --comment sluice -j ACCEPT`
const GATE_RULE = /--comment "?sluice"? .*-j ACCEPT$/

/**
 * A rule of the filter table, by what it means for the gate: the gate itself, RETURN for all packets, RETURN
 * or goto for some, the jump to DOCKER-USER, a jump to another chain of Docker's, or any other rule.
 */
export type FilterRule = 'gate' | 'return' | 'leave' | 'user' | 'docker' | 'other'

/** The filter table as it is. */
export interface FilterTable {
  /** chains by name, including built-in ones, with their rules in order */
  readonly chains: ReadonlyMap<string, readonly FilterRule[]>
  /** the policy of FORWARD is DROP */
  readonly forwardDrops: boolean
  /**
   * devices that Docker's own rules name, mostly its bridges; rules in chains that others write to do not
   * count
   */
  readonly devices: readonly string[]
}

function kindOf(rule: string): FilterRule {
  if (GATE_RULE.test(rule)) return 'gate'
  if (rule === '-j RETURN') return 'return'
  if (rule === `-j ${USER_CHAIN}`) return 'user'
  if (/-j RETURN$|-g \S+$/.test(rule)) return 'leave'
  return /-j DOCKER(?:-\S+)?$/.test(rule) ? 'docker' : 'other'
}

/**
 * Docker's chains with rules for each bridge: the isolation stages up to Docker 27, the others from 28.
 * DOCKER is not among them: it has rules for ports and for `trusted_host_interfaces`.
 */
export const BRIDGE_CHAINS = 'DOCKER-(?:ISOLATION-STAGE-[12]|BRIDGE|CT|FORWARD|INTERNAL)'
const BRIDGE_RULE = new RegExp(`^-A ${BRIDGE_CHAINS} `)
const devicesOf = (line: string): string[] =>
  BRIDGE_RULE.test(line)
    ? [...line.matchAll(/ -[io] (\S+)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]))
    : []

/** @param listing the output of `iptables -S`, a format made to be read back (iptables(8)) */
export function parseFilter(listing: string): FilterTable {
  const lines = listing.split('\n')
  const names = lines.flatMap((line) => /^-[NP] (\S+)/.exec(line)?.[1] ?? [])
  const rulesOf = (chain: string): FilterRule[] =>
    lines
      .filter((line) => line.startsWith(`-A ${chain} `))
      .map((line) => kindOf(line.slice(`-A ${chain} `.length)))
  return {
    chains: new Map(names.map((name) => [name, rulesOf(name)])),
    forwardDrops: lines.includes('-P FORWARD DROP'),
    devices: [...new Set(lines.flatMap(devicesOf))],
  }
}

/**
 * The iptables variants that the host filters with. Running the legacy one would create its tables, so we
 * name it only if /proc shows that they exist.
 */
export async function filterBackends(host: Host): Promise<Program[]> {
  const [v4 = '', v6 = ''] = await Promise.all([
    host.read('/proc/net/ip_tables_names'),
    host.read('/proc/net/ip6_tables_names'),
  ])
  return [
    'iptables-nft',
    'ip6tables-nft',
    ...(v4.includes('filter') ? (['iptables-legacy'] as const) : []),
    ...(v6.includes('filter') ? (['ip6tables-legacy'] as const) : []),
  ]
}

/** The address family that an iptables variant filters. */
export const familyFilteredBy = (backend: Program): Family => (backend.startsWith('ip6') ? 6 : 4)

/** The filter table as it is; empty if the program is not installed. */
export async function filterTable(host: Host, backend: Program): Promise<FilterTable> {
  const listing = await host.show(backend, ['-w', '-S']).catch((error: CommandError) => {
    if (/ENOENT/.test(error.stderr)) return ''
    throw error
  })
  return parseFilter(listing)
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
