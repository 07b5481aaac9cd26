import { PASS_MARK, TABLE } from '../../values/names.ts'
import type { Host } from '../host.ts'
import { BRIDGE_CHAINS, USER_CHAIN } from '../iptables.ts'

/**
 * Elements that one `nft monitor` may hear of. It keeps each, 1.4 kB, until the set is gone, whether or not
 * the element is (measured with 1.0.6, 1.1.3 and 1.1.7): the next one begins anew.
 */
const LIFETIME = 3000

const ELEMENT = 'add element '
/** What we have in tables of our own but for elements, which come and go with every container. */
const OWN = new RegExp(`^\\w+ (?:table|chain|rule|set|map) (?:inet|bridge) ${TABLE}(?: |$)`)
/**
 * Where the gate may stand, and where Docker has rules for its bridges. Those for a container are in other
 * chains.
 */
const FILTER = new RegExp(
  `^\\w+ (?:chain|rule) ip6? filter (?:FORWARD|${USER_CHAIN}|${BRIDGE_CHAINS})(?: |$)`,
)
/** The gate as it comes; as it goes, nobody is told which rule it was. */
const GATE = new RegExp(`^(?:add|insert) rule .* meta mark & 0x0*${PASS_MARK.slice(2)} == .* accept$`)
/** The end of a transaction, or the news that some were missed. */
const END = /^# /
const MISSED = /^# ERROR/

/**
 * Whether a transaction may have taken something of ours away, or put something before it.
 *
 * @param lines what `nft monitor` printed of it; where we make a table anew, its parts come last
 */
export function isSuspicious(lines: readonly string[]): boolean {
  const last = lines.findLast((line) => OWN.test(line))
  return (last?.startsWith('delete ') ?? false) || lines.some((line) => FILTER.test(line) && !GATE.test(line))
}

/**
 * Follows what anybody changes of nftables, iptables-nft included, until that is no longer possible.
 *
 * @param suspect called after each change that may concern us
 * @returns why it ended, or undefined when it is to be called again
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
