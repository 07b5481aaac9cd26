import type { Command, Program } from '../kernel/command.ts'
import { deleteGate, type FilterTable, insertGate } from '../kernel/iptables.ts'
import { networkElements } from '../kernel/nft.ts'
import type { NetworkSpec } from './network.ts'
import { type Plan, step } from './plan.ts'

/**
 * A network's place in the rules: elements of sets, never rules of its own.
 *
 * @param outward names of the devices that routes with a gateway leave by
 */
export const planRules = (network: NetworkSpec, outward: readonly string[]): Plan => {
  const { add, remove } = networkElements(network, outward)
  return [step(add, remove)]
}

/** The chain that Docker keeps for others' rules, and comes by first. */
export const USER_CHAIN = 'DOCKER-USER'

/**
 * What it takes for the gate to stand where it should, and nowhere else.
 *
 * In DOCKER-USER it goes last, before the RETURN that engines up to 27 end it with: whatever the administrator refuses
 * there is refused to our containers as well. Without that chain (no engine with iptables) FORWARD needs the rule only if its policy is DROP.
 *
 * @param backend such as `iptables-nft`
 * @param wanted false once the last network is gone
 * @see https://docs.docker.com/engine/network/packet-filtering-firewalls/
 */
export function planGate(backend: Program, table: FilterTable, wanted: boolean): Command[] {
  const home = wanted ? homeOf(table) : undefined
  const others = (home === undefined ? [] : (table.chains.get(home) ?? [])).filter((rule) => rule !== 'gate')
  const at = others.at(-1) === 'return' ? others.length : others.length + 1
  const present = [...table.chains].flatMap(([chain, rules]) =>
    rules.flatMap((rule, index) => (rule === 'gate' ? [{ chain, at: index + 1 }] : [])),
  )
  const isRight = present.length === 1 && present[0]?.chain === home && present[0]?.at === at
  if (isRight) return []
  const removals = present.map(({ chain }) => deleteGate(backend, chain))
  return home === undefined ? removals : [...removals, insertGate(backend, home, at)]
}

function homeOf({ chains, forwardDrops }: FilterTable): string | undefined {
  if (chains.has(USER_CHAIN)) return USER_CHAIN
  return forwardDrops ? 'FORWARD' : undefined
}
