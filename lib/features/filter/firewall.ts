import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../kernel/host.ts'
import { filterBackends } from '../../kernel/iptables.ts'
import type { Element } from '../../kernel/nft/element.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { NetworkSpec } from '../../model/network.ts'
import type { NetworkStore } from '../../store/networks.ts'
import type { Background } from '../../values/background.ts'
import { createQueue } from '../../values/queue.ts'
import type { Owned } from './elements.ts'
import { Gate } from './gate.ts'
import { Tables } from './tables.ts'

/**
 * ms between a port's answer and its rules: the engine's next question comes within them. Where no nft waits
 * for its input, one is forked, which that question would wait 10 ms for. No event says that nothing more is
 * asked.
 */
const BEHIND_ANSWER = 2
/** How often a repair compares while calls are under way, before it acts. */
const COMPARISONS = 2
/**
 * ms between two of them: what a call takes from its row in the store to its elements in the tables. No event
 * says that all calls which had begun by then have come so far, since others begin all the time.
 */
const BETWEEN_COMPARISONS = 150

export interface FirewallParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly background: Background
  /** What a network and its endpoints have in the tables, all features together. */
  readonly ownedElements: (network: NetworkSpec, endpoints: readonly EndpointSpec[]) => readonly Owned[]
}

/**
 * Our tables and the gate in Docker's, which all networks share: changes happen one after another, and all
 * are gone when no network is left.
 */
export class Firewall {
  readonly #parts: FirewallParts
  readonly #tables: Tables
  readonly #gate: Gate
  readonly #queue = createQueue()

  constructor(parts: FirewallParts) {
    const { host, background } = parts
    this.#parts = parts
    this.#tables = new Tables(host, () => this.#owned())
    this.#gate = new Gate(host, background, () => this.#networks())
  }

  /**
   * Puts a network into the rules and opens the gate. Once nft has been seen to work this happens after the
   * call's answer: no packet can pass before an endpoint's making, which waits for it.
   *
   * @param outward names of the devices that routes with a gateway leave by
   * @param last what the call waits for last
   * @throws {CommandError}
   */
  async admit(network: NetworkSpec, outward: readonly string[], last?: Promise<unknown>): Promise<void> {
    const work = () => this.#admitNow(network, outward)
    if (!this.#tables.isProven) return work()
    this.#parts.background.later(network.id, work, last)
  }

  /** Takes it out; the tables and the gate go with the last. @throws {Failures} */
  dismiss(network: NetworkSpec): Promise<void> {
    return this.#inTurn(async () => {
      this.#parts.background.drop(network.id)
      const others = this.#networks().filter(({ id }) => id !== network.id)
      await Promise.all([this.#tables.removeNetwork(network, others), this.#gate.close()])
    })
  }

  /** Adds elements that the store is the reason for already. @throws {CommandError} */
  async put(elements: readonly Element[]): Promise<void> {
    if (elements.length > 0) await this.#inTurn(() => this.#tables.add(elements))
  }

  /** Removes elements, whether or not they are there. @throws {CommandError | Failures} */
  async take(elements: readonly Element[]): Promise<void> {
    if (elements.length > 0) await this.#inTurn(() => this.#tables.remove(elements))
  }

  /**
   * As put(), but once nft has been seen to work, returns as soon as it is the elements' turn: they are added
   * after the call's answer, some milliseconds later.
   *
   * @param end called once they are there, or with what went wrong: then it is left to the next repair
   * @throws {CommandError} nft has not been seen to work, and it did not
   */
  async putSoon(elements: readonly Element[], end: (error?: unknown) => void): Promise<void> {
    if (!this.#tables.isProven || elements.length === 0) return this.put(elements).then(() => end())
    const { promise: turn, resolve: isTurn } = Promise.withResolvers<void>()
    const add = async (): Promise<void> => {
      isTurn()
      await sleep(BEHIND_ANSWER)
      await this.#tables.add(elements)
    }
    this.#parts.background.start('adding rules', () => this.#inTurn(add).then(() => end(), end))
    await turn
  }

  /**
   * Sets right what is not as it should be.
   *
   * @param busy calls may be under way, which store what they want first: only differences that persist are
   *   repaired
   * @returns whether anything was
   */
  async repair({ busy }: { readonly busy: boolean } = { busy: false }): Promise<boolean> {
    for (let left = busy ? COMPARISONS : 0; left > 0; left -= 1) {
      await this.#parts.background.allFinished()
      await this.followBridges()
      // Not in turn: calls need not wait for it. What it sees half done is done at the next.
      const [{ repair }, isOpen] = await Promise.all([this.#tables.compare(), this.#gate.isRight()])
      if (repair === undefined && isOpen) return false
      await sleep(BETWEEN_COMPARISONS)
    }
    return this.#inTurn(async () => {
      const [found, isOpened] = await Promise.all([this.#tables.compare(), this.#gate.repair()])
      const isRepaired = await this.#tables.repair(found)
      return isOpened || isRepaired
    })
  }

  /** What of the rules cannot be set, as of the last look, a sentence each. All others are. */
  faults(): string[] {
    return this.#tables.faults().map((fault) => `rule ${fault}`)
  }

  /** Looks for bridges that have come or gone, and for those of engines among them. @throws {CommandError} */
  followBridges(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#networks().length > 0) await this.#tables.followBridges()
    })
  }

  /** As repair(), for what the kernel sends no events of: the gate in legacy iptables, where there is one. */
  async repairLegacy(): Promise<boolean> {
    const backends = await filterBackends(this.#parts.host)
    if (backends.some((backend) => backend.endsWith('legacy'))) await this.followBridges()
    return this.#gate.repairLegacy()
  }

  /**
   * Waits for a network's rules and gate, tries again what failed, and looks for the gate where the engine
   * had not set up its chains yet, as at boot.
   *
   * @throws {CommandError}
   */
  async expect(network: NetworkSpec): Promise<void> {
    await this.#parts.background.finished(network.id)
    await this.#gate.expect(network)
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue('rules', task)
  }

  #admitNow(network: NetworkSpec, outward: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const ids = new Set(this.#networks().map(({ id }) => id))
      // Gone, or going, before its turn came.
      if (!ids.has(network.id)) return
      await this.#tables.addNetwork(network, ids.size === 1, outward)
      this.#gate.open(network)
    })
  }

  /** Those that are not going. */
  #networks(): NetworkSpec[] {
    return this.#parts.store.networks().flatMap(({ spec, leaving }) => (leaving ? [] : [spec]))
  }

  #owned(): Owned[] {
    const { store, ownedElements } = this.#parts
    const specs = store.endpoints().map(({ spec }) => spec)
    const endpoints = Map.groupBy(specs, ({ networkId }) => networkId)
    return this.#networks().flatMap((network) => ownedElements(network, endpoints.get(network.id) ?? []))
  }
}
