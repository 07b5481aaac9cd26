import { PASS_MARK, TABLE } from '../../values/names.ts'
import type { Host } from '../host.ts'
import { BRIDGE_CHAINS, USER_CHAIN } from '../iptables.ts'

/**
 * Elements after which we replace a running `nft monitor`. It keeps each, 1.4 kB, until the set is deleted,
 * even if the element is gone (measured with 1.0.6, 1.1.3 and 1.1.7).
 */
const LIFETIME = 3000

const ELEMENT = 'add element '
/** Changes to our tables, except for elements, which come and go with every container. */
const OWN = new RegExp(`^\\w+ (?:table|chain|rule|set|map) (?:inet|bridge) ${TABLE}(?: |$)`)
/**
 * Changes where the gate may be, and where Docker has rules for its bridges. Its rules for containers are in
 * other chains.
 */
const FILTER = new RegExp(
  `^\\w+ (?:chain|rule) ip6? filter (?:FORWARD|${USER_CHAIN}|${BRIDGE_CHAINS})(?: |$)`,
)
/** The addition of the gate. When somebody deletes it, nft does not show which rule that was. */
const GATE = new RegExp(`^(?:add|insert) rule .* meta mark & 0x0*${PASS_MARK.slice(2)} == .* accept$`)
/** The end of a transaction, or the message that some were missed. */
const END = /^# /
const MISSED = /^# ERROR/

/**
 * Whether a transaction may have removed something of ours, or inserted something before it.
 *
 * @param lines the output of `nft monitor` for it; when we rebuild a table, its new parts come last
 */
export function isSuspicious(lines: readonly string[]): boolean {
  const last = lines.findLast((line) => OWN.test(line))
  return (last?.startsWith('delete ') ?? false) || lines.some((line) => FILTER.test(line) && !GATE.test(line))
}

/**
 * Watches all changes to nftables, iptables-nft included, until the monitor ends.
 *
 * @param suspect called after each change that may concern us
 * @returns why it ended, or undefined if the caller should call it again
 * @see https://wiki.nftables.org/wiki-nftables/index.php/Monitoring_ruleset_updates
 */
export async function followRuleset(
  host: Host,
  suspect: () => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const old = new AbortController()
  let elements = 0
  let transaction: string[] = []
  const hear = (line: string): void => {
    if (line.startsWith(ELEMENT)) {
      if (++elements === LIFETIME) old.abort()
      return
    }
    if (OWN.test(line) || FILTER.test(line)) transaction.push(line)
    if (!END.test(line)) return
    if (MISSED.test(line) || isSuspicious(transaction)) suspect()
    transaction = []
  }
  const words = await host.watch('nft', ['monitor'], hear, AbortSignal.any([signal, old.signal]))
  return old.signal.aborted ? undefined : words
}
