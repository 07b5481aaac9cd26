import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '../../kernel/command.ts'
import { CommandError } from '../../kernel/command-error.ts'
import type { Host } from '../../kernel/host.ts'
import { outwardDevices } from '../../kernel/ip/bridges.ts'
import { filterBackends } from '../../kernel/iptables.ts'
import { addElements, deleteElements, type Element, placedWords } from '../../kernel/nft/element.ts'
import { listTable } from '../../kernel/nft/show.ts'
import { createTables, deleteAlone, deleteTables } from '../../kernel/nft/table.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { applyPlan, revertPlan } from '../../plan/plan.ts'
import type { NetworkStore } from '../../store/networks.ts'
import { InvalidRequestError } from '../../values/errors.ts'
import { TABLE } from '../../values/names.ts'
import { createQueue } from '../../values/queue.ts'
import {
  networkOwned,
  type Owned,
  outwardElements,
  planElements,
  planRules,
  type Wanted,
  wantedElements,
} from './elements.ts'
import { createGate } from './gate.ts'
import { checkTables, hasAlone, setTables } from './isolate.ts'
import { areTables } from './verify.ts'

/** ms by which a network's answer is out, and what is done beside it no longer in its way */
const AFTER_ANSWER = 8
/** the same for a published port, which somebody may come to very soon */
const BEHIND_ANSWER = 2
/** how often a repair looks while calls come in before it acts, and ms between two looks */
const LOOKS = 2
const BETWEEN_LOOKS = 150

/**
 * Our tables and the gate in Docker's, which all networks share: changes happen one after another, and all are gone
 * when no network is left.
 */
export interface Firewall {
  /**
   * Puts a network into the rules and opens the gate. Once nft has been seen to work this happens beside the call: no
   * packet can pass before an endpoint's making, which waits for it.
   *
   * @param outward names of the devices that routes with a gateway leave by
   * @throws {CommandError}
   */
  admit(network: NetworkSpec, outward: readonly string[]): Promise<void>
  /** Takes it out; the tables and the gate go with the last. @throws {Failures} */
  dismiss(network: NetworkSpec): Promise<void>
  /** Adds elements that the store is the reason for already. @throws {CommandError} */
  put(elements: readonly Element[]): Promise<void>
  /**
   * As put(), but once nft has been seen to work, no more than the turn is waited for: what comes then is done beside the call, in
   * some milliseconds.
   *
   * @param end called once it is done, or with what went wrong: then it is left to the next repair
   * @throws {CommandError} it was not beside the call
   */
  putSoon(elements: readonly Element[], end: (error?: unknown) => void): Promise<void>
  /** Removes elements, whether or not they are there. @throws {CommandError | Failures} */
  take(elements: readonly Element[]): Promise<void>
  /**
   * Sets right what is not as it should be.
   *
   * @param busy whether calls come in, which write down what they want before it is so: then only what is wrong for some time is wrong
   * @returns whether anything was
   */
  repair(when?: { readonly busy: boolean }): Promise<boolean>
  /** What of the rules cannot be set, as of the last look, a sentence each. All others are. */
  faults(): string[]
  /** Looks for bridges that have come or gone, and for those of engines among them. @throws {CommandError} */
  followBridges(): Promise<void>
  /** As repair(), for what the kernel tells nobody of: the gate in legacy iptables, where there is one. */
  repairLegacy(): Promise<boolean>
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
  /** What a network and its endpoints have in the tables, all features together. */
  readonly ownedElements: (network: NetworkSpec, endpoints: readonly EndpointSpec[]) => readonly Owned[]
}

export function createFirewall({ host, store, ownedElements }: FirewallParts): Firewall {
  const queue = createQueue()
  const gate = createGate(host, () => current())

  const current = (): NetworkSpec[] =>
    store.networks().flatMap(({ spec, leaving }) => (leaving ? [] : [spec]))
  const owned = (): Owned[] => {
    const endpoints = Map.groupBy(
      store.endpoints().map(({ spec }) => spec),
      ({ networkId }) => networkId,
    )
    return current().flatMap((network) => ownedElements(network, endpoints.get(network.id) ?? []))
  }
  /** whether nft has done what it was told before */
  let proven = false
  /** whether there is a table of family bridge; the first repair finds one of the last process */
  let alone = false
  /** devices that lead out of the host, as the table has them */
  let known: readonly string[] = []
  /** what admit() left to be done, by network: begins at once when somebody waits for it */
  const pending = new Map<string, () => Promise<void>>()

  const run = async ({ program, line }: Command): Promise<void> => {
    await host.run(program, [line], 'strict')
    proven = true
  }

  /** elements that nft does not take, in words, and why in a sentence each */
  let refused = new Map<string, string>()
  /** what two rows of the store want of one key */
  let doubles: readonly string[] = []

  const acceptable = ({ elements }: Wanted): Element[] =>
    elements.filter((element) => !refused.has(placedWords(element)))

  const replace = async (outward: readonly string[]): Promise<void> => {
    const wanted = wantedElements(owned(), outward)
    doubles = wanted.doubles
    refused = await setTables(host, wanted, { alone })
    proven = true
    alone = hasAlone(wanted)
    known = outward
  }

  /** Whether nft takes by now what it refused. */
  const isForgiven = (wanted: Wanted): Promise<boolean> =>
    checkTables(host, wanted).then(
      () => true,
      () => false,
    )

  /** @returns what sets the tables right, where they are not, and what they then have */
  const lookAtTables = async () => {
    const elements = owned()
    const found = await listTable(host, 'inet', TABLE)
    const foundAlone = await listTable(host, 'bridge', TABLE)
    const isAlone = foundAlone !== undefined
    if (elements.length === 0)
      return {
        isAlone,
        outward: [],
        repair: found || isAlone ? () => run(deleteTables({ alone: isAlone })) : undefined,
      }
    const outward = await outwardDevices(host)
    const wanted = wantedElements(elements, outward)
    doubles = wanted.doubles
    const isRight = areTables(acceptable(wanted), found, foundAlone)
    const isDone = isRight && (refused.size === 0 || !(await isForgiven(wanted)))
    return { isAlone, outward, repair: isDone ? undefined : () => replace(outward) }
  }

  const isRight = async (): Promise<boolean> => {
    const [{ repair }, isOpen] = await Promise.all([lookAtTables(), gate.isRight()])
    return repair === undefined && isOpen
  }

  /**
   * What is gone, or there already, is not as this process left it: all of it anew, then.
   *
   * @throws {InvalidRequestError} that does not help these, while all others are set
   */
  const orReplace = async (
    work: Promise<unknown>,
    mine: readonly Element[],
    outward?: readonly string[],
  ): Promise<void> => {
    await work.catch(async (error: unknown) => {
      const known = error instanceof CommandError && ['exists', 'missing'].includes(error.failure)
      if (!known) throw error
      await replace(outward ?? (await outwardDevices(host)))
      const reason = mine.map((one) => refused.get(placedWords(one))).find((one) => one !== undefined)
      if (reason !== undefined) throw new InvalidRequestError(`cannot set ${reason}`)
    })
  }

  const letIn = (network: NetworkSpec, gateways: readonly string[]): Promise<void> =>
    queue('rules', async () => {
      // Gone, or going, before its turn came.
      if (!current().some(({ id }) => id === network.id)) return
      alone ||= network.passage?.icc === false
      const isFirst = current().every(({ id }) => id === network.id)
      const outward = [...new Set([...gateways, ...(isFirst ? await outwardDevices(host) : known)])]
      const mine = wantedElements([networkOwned(network)], outward).elements
      const work = isFirst ? run(createTables(mine)) : applyPlan(planRules(network, outward), host)
      await orReplace(work, mine, outward)
      known = outward
      gate.begin(network)
    })

  const put = async (elements: readonly Element[], first?: () => Promise<unknown>): Promise<void> => {
    if (elements.length === 0) return
    await queue('rules', async () => {
      await first?.()
      await orReplace(applyPlan(planElements(elements), host), elements)
    })
  }

  const followBridges = (): Promise<void> =>
    queue('rules', async () => {
      if (current().length === 0) return
      const before = new Set(known)
      const now = new Set(await outwardDevices(host))
      const [come, gone] = [now.difference(before), before.difference(now)]
      if (come.size > 0) await orReplace(run(addElements(outwardElements([...come]))), [])
      if (gone.size > 0) await orReplace(run(deleteElements(outwardElements([...gone]))), [])
      known = [...now]
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
        const others = current().filter(({ id }) => id !== network.id)
        const isUnused = alone && others.every(({ passage }) => passage?.icc !== false)
        const leave = async (): Promise<void> => {
          if (others.length === 0) return run(deleteTables({ alone }))
          await revertPlan(planRules(network, []), host)
          if (isUnused) await run(deleteAlone())
        }
        await Promise.all([leave(), gate.set()])
        if (isUnused) alone = false
      }),
    put,
    putSoon: async (elements, end) => {
      if (!proven || elements.length === 0) return put(elements).then(() => end())
      await new Promise<void>((answer) => {
        const begin = (): Promise<void> => {
          answer()
          // And what the engine asks on its heels.
          return sleep(BEHIND_ANSWER)
        }
        void put(elements, begin).then(() => end(), end)
      })
    },
    take: async (elements) => {
      if (elements.length > 0) await queue('rules', () => orReplace(run(deleteElements(elements)), []))
    },
    repair: async ({ busy } = { busy: false }) => {
      for (let looks = busy ? LOOKS : 0; looks > 0; looks -= 1) {
        await Promise.allSettled([...pending.values()].map((begin) => begin()))
        await followBridges()
        // Calls need not wait for a look: what it sees half done is done at the next.
        if (await isRight()) return false
        await sleep(BETWEEN_LOOKS)
      }
      return queue('rules', async () => {
        const [{ repair, isAlone, outward }, opened] = await Promise.all([lookAtTables(), gate.check()])
        proven = true
        alone = isAlone
        await repair?.()
        known = outward
        return opened || repair !== undefined
      })
    },
    faults: () => [...refused.values(), ...doubles].map((one) => `rule ${one}`),
    followBridges,
    repairLegacy: async () => {
      if ((await filterBackends(host)).some((backend) => backend.endsWith('legacy'))) await followBridges()
      return gate.checkLegacy()
    },
    expect: async (network) => {
      await pending.get(network.id)?.()
      pending.delete(network.id)
      await gate.expect(network)
    },
  }
}
