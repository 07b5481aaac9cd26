import type { Command, Program } from './kernel/command.ts'
import { CommandError } from './kernel/command-error.ts'
import type { Host } from './kernel/host.ts'
import { createTable, deleteTable, RULE_COUNT, replaceTable } from './kernel/nft.ts'
import { filterBackends, filterTable, type ListedTable, listTable } from './kernel/observe.ts'
import { surroundings } from './kernel/surroundings.ts'
import { TABLE } from './names.ts'
import { planGate, planRules, USER_CHAIN } from './plan/firewall.ts'
import type { NetworkSpec } from './plan/network.ts'
import { applyPlan, revertPlan } from './plan/plan.ts'
import { createQueue } from './queue.ts'
import type { NetworkStore } from './store/networks.ts'

/** ms by which a network's answer is out, and what is done beside it no longer in its way */
const AFTER_ANSWER = 8
/** ms after which an endpoint's making looks for the gate again, while none was found */
const GATE_PATIENCE = 5000

/**
 * Our table and the gate in Docker's, which all networks share: changes happen one after another, and both are gone
 * when no network is left.
 */
export interface Firewall {
  /**
   * Puts a network into the rules and opens the gate. Once nft has been seen to work this happens beside the call: no
   * packet can pass before an endpoint's making, which waits for it.
   *
   * @param outward names of the devices that lead out of the host
   * @throws {CommandError}
   */
  admit(network: NetworkSpec, outward: readonly string[]): Promise<void>
  /** Takes it out; the table and the gate go with the last. @throws {AggregateError} */
  dismiss(network: NetworkSpec): Promise<void>
  /** Sets right what is not as it should be. @returns whether anything was wrong */
  repair(): Promise<boolean>
  /**
   * Waits for a network's rules and gate, tries again what failed, and looks for the gate where the engine had not set up its
   * chains yet, as at boot.
   *
   * @throws {CommandError}
   */
  expect(network: NetworkSpec): Promise<void>
}

export interface FirewallParts {
  readonly host: Host
  readonly store: NetworkStore
}

export function createFirewall({ host, store }: FirewallParts): Firewall {
  const queue = createQueue()
  const gate = createGate(host, () => current())

  const current = (): NetworkSpec[] =>
    store.networks().flatMap(({ spec, leaving }) => (leaving ? [] : [spec]))
  /** whether nft has done what it was told before */
  let proven = false
  /** what admit() left to be done, by network: begins at once when somebody waits for it */
  const pending = new Map<string, () => Promise<void>>()

  const run = async ({ program, line }: Command): Promise<void> => {
    await host.run(program, [line], 'strict')
    proven = true
  }

  const repairTable = async (): Promise<boolean> => {
    const wanted = current()
    const found = await listTable(host, TABLE)
    proven = true
    if (wanted.length === 0) {
      if (found) await run(deleteTable())
      return found !== undefined
    }
    const { outward } = await surroundings(host)
    if (found && isRight(found, wanted, outward)) return false
    await run(replaceTable(wanted, outward))
    return true
  }

  const letIn = (network: NetworkSpec, outward: readonly string[]): Promise<void> =>
    queue('rules', async () => {
      // Gone, or going, before its turn came.
      if (!current().some(({ id }) => id === network.id)) return
      const alone = current().every(({ id }) => id === network.id)
      // What is there in the first case, or gone in the second, is not as this process left it: all of it anew, then.
      await (alone
        ? run(createTable([network], outward))
        : applyPlan(planRules(network, outward), host)
      ).catch((error: unknown) => {
        const known = error instanceof CommandError && ['exists', 'missing'].includes(error.failure)
        if (known) return run(replaceTable(current(), outward))
        throw error
      })
      gate.begin(network)
    })

  return {
    admit: async (network, outward) => {
      const again = () => letIn(network, outward)
      if (!proven) return again()
      let begun: Promise<void> | undefined
      const begin = (): Promise<void> => {
        begun ??= again()
        return begun
      }
      pending.set(network.id, () => begin().catch(again))
      // Whoever waits for it meets its failure; until then it is nobody's.
      setTimeout(() => begin().catch(() => undefined), AFTER_ANSWER)
    },
    dismiss: (network) =>
      queue('rules', async () => {
        pending.delete(network.id)
        const last = current().every(({ id }) => id === network.id)
        await Promise.all([last ? run(deleteTable()) : revertPlan(planRules(network, []), host), gate.set()])
      }),
    repair: () =>
      queue('rules', async () => {
        const changed = await Promise.all([repairTable(), gate.check()])
        return changed.includes(true)
      }),
    expect: async (network) => {
      await pending.get(network.id)?.()
      pending.delete(network.id)
      await gate.expect(network)
    },
  }
}

/** Whether a listed table is the one for these networks. */
function isRight(
  { rules, sets }: ListedTable,
  wanted: readonly NetworkSpec[],
  outward: readonly string[],
): boolean {
  const holds = (set: string, names: readonly string[]): boolean => {
    const found = sets.get(set)
    return found?.length === names.length && names.every((name) => found.includes(JSON.stringify(name)))
  }
  const bridges = (list: readonly NetworkSpec[]) => list.map(({ bridge }) => bridge)
  const leaving = wanted.filter(({ internal, masquerade }) => masquerade && !internal)
  return (
    rules === RULE_COUNT &&
    holds('bridges', bridges(wanted)) &&
    holds('internal', bridges(wanted.filter(({ internal }) => internal))) &&
    holds('outward', outward) &&
    sets.get('within')?.length === wanted.length &&
    sets.get('masquerade4')?.length === leaving.flatMap(({ ipv4 }) => ipv4).length &&
    sets.get('masquerade6')?.length === leaving.flatMap(({ ipv6 }) => ipv6).length
  )
}

type Family = 4 | 6
const familyOf = (backend: Program): Family => (backend.startsWith('ip6') ? 6 : 4)
const familiesOf = ({ ipv4, ipv6 }: NetworkSpec): Family[] => [
  ...(ipv4.length > 0 ? [4 as const] : []),
  ...(ipv6.length > 0 ? [6 as const] : []),
]

/**
 * The gate: one rule in each iptables that Docker filters a family with which a network of ours has.
 *
 * @param current the networks that there are
 */
function createGate(host: Host, current: () => NetworkSpec[]) {
  const queue = createQueue()
  /** families whose DOCKER-USER was found, and when it was looked for last */
  const found = new Set<Family>()
  let looked = 0
  let opening: Promise<unknown> | undefined

  const setIn = async (backend: Program): Promise<boolean> => {
    const family = familyOf(backend)
    const wanted = current().some((network) => familiesOf(network).includes(family))
    const table = await filterTable(host, backend)
    const lines = planGate(backend, table, wanted).map(({ line }) => line)
    found.delete(family)
    await host.run(backend, lines, 'strict')
    if (wanted && table.chains.has(USER_CHAIN)) found.add(family)
    return lines.length > 0
  }

  /** @param every also families that no network has, and none had */
  const setAll = (every: boolean): Promise<boolean> =>
    queue('gate', async () => {
      looked = Date.now()
      const families = new Set([...found, ...current().flatMap(familiesOf)])
      const backends = (await filterBackends(host)).filter(
        (backend) => every || families.has(familyOf(backend)),
      )
      return (await Promise.all(backends.map(setIn))).includes(true)
    })

  const open = (): Promise<unknown> => {
    const begun = setAll(false)
      .catch((error: unknown) => {
        // Whoever comes next looks again, however soon.
        looked = 0
        throw error
      })
      .finally(() => {
        if (opening === begun) opening = undefined
      })
    opening = begun
    return begun
  }

  const isFound = (network: NetworkSpec): boolean => familiesOf(network).every((family) => found.has(family))

  return {
    /** Opens it in the background where that is still to do; what goes wrong, expect() meets again. */
    begin: (network: NetworkSpec): void => {
      if (!isFound(network)) open().catch(() => undefined)
    },
    expect: async (network: NetworkSpec): Promise<void> => {
      await opening?.catch(() => undefined)
      if (!isFound(network) && Date.now() - looked >= GATE_PATIENCE) await open()
    },
    /** Closes it for families that the last network is gone of. */
    set: async (): Promise<void> => {
      const needed = new Set(current().flatMap(familiesOf))
      if (opening || [...found].some((family) => !needed.has(family))) await setAll(false)
    },
    check: async (): Promise<boolean> => {
      const changed = await setAll(true)
      // At boot the engine comes after us, and its containers right after it: the first of them looks again.
      looked = 0
      return changed
    },
  }
}
