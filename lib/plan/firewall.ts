import type { Command, Program } from '../kernel/command.ts'
import { networkElements } from '../kernel/nft.ts'
import { PASS_MARK } from '../names.ts'
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

/** What honours the mark that our forward chain gave: one rule, the same for every packet of every network. */
const GATE = `-m mark --mark ${PASS_MARK}/${PASS_MARK} -m comment --comment sluice -j ACCEPT`
const GATE_RULE = /^-A (\S+) .*--comment "?sluice"? .*-j ACCEPT$/

/**
 * What it takes for the gate to stand where it should, and nowhere else.
 *
 * In DOCKER-USER it goes last, before the RETURN that engines up to 27 end it with: whatever the administrator refuses
 * there is refused to our containers as well. Without that chain (no engine with iptables) FORWARD needs the rule only if its policy is DROP.
 *
 * @param backend such as `iptables-nft`
 * @param rules what `iptables -S` prints of the filter table
 * @param wanted false once the last network is gone
 * @see https://docs.docker.com/engine/network/packet-filtering-firewalls/
 */
export function planGate(backend: Program, rules: string, wanted: boolean): Command[] {
  const lines = rules.split('\n')
  const present = lines.flatMap((line) => GATE_RULE.exec(line)?.[1] ?? [])
  const home = wanted ? homeOf(lines) : undefined
  const chain = lines.filter((line) => line.startsWith(`-A ${home} `))
  const others = chain.filter((line) => !GATE_RULE.test(line))
  const at = others.at(-1) === `-A ${home} -j RETURN` ? others.length : others.length + 1
  if (
    present.length === (home ? 1 : 0) &&
    chain.findIndex((line) => GATE_RULE.test(line)) === (home ? at - 1 : -1)
  )
    return []
  const removals = present.map((where) => ({ program: backend, line: `-D ${where} ${GATE}` }))
  return home === undefined ? removals : [...removals, { program: backend, line: `-I ${home} ${at} ${GATE}` }]
}

function homeOf(lines: readonly string[]): string | undefined {
  if (lines.includes('-N DOCKER-USER')) return 'DOCKER-USER'
  return lines.includes('-P FORWARD DROP') ? 'FORWARD' : undefined
}
