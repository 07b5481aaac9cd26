import type { Command } from '../../kernel/command.ts'
import { CommandError } from '../../kernel/command-error.ts'
import type { Host } from '../../kernel/host.ts'
import { outwardDevices } from '../../kernel/ip/bridges.ts'
import { addElements, deleteElements, type Element, placedWords } from '../../kernel/nft/element.ts'
import { listTable } from '../../kernel/nft/show.ts'
import { createTables, deleteAlone, deleteTables } from '../../kernel/nft/table.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { applyPlan, revertPlan } from '../../plan/plan.ts'
import { InvalidRequestError } from '../../values/errors.ts'
import { TABLE } from '../../values/names.ts'
import {
  networkOwned,
  type Owned,
  outwardElements,
  planElements,
  planRules,
  type Wanted,
  wantedElements,
} from './elements.ts'
import { checkTables, hasAlone, setTables } from './isolate.ts'
import { areTables } from './verify.ts'

/** What the tables are, against what they should be. */
interface Comparison {
  /** whether there is a table of family bridge */
  readonly hasBridgeTable: boolean
  /** devices that lead out of the host now */
  readonly outward: readonly string[]
  /** sets the tables right, where they are not */
  readonly repair: (() => Promise<void>) | undefined
}

/**
 * Our nftables tables, and what this process knows of them. Only compare() may run beside another of its
 * methods.
 */
export class Tables {
  readonly #host: Host
  readonly #owned: () => readonly Owned[]
  #isProven = false
  /** whether there is a table of family bridge; the first repair finds one of the last process */
  #hasBridgeTable = false
  /** devices that lead out of the host, as the table has them */
  #outward: readonly string[] = []
  /** elements that nft does not take, in words, and why in a sentence each */
  #refused: ReadonlyMap<string, string> = new Map()
  /** what two rows of the store want of one key */
  #doubles: readonly string[] = []

  /** @param owned what the tables should have, the ways out of the host aside; nothing without a network */
  constructor(host: Host, owned: () => readonly Owned[]) {
    this.#host = host
    this.#owned = owned
  }

  /** Whether nft has done what it was told before. */
  get isProven(): boolean {
    return this.#isProven
  }

  /** What cannot be set, as of the last comparison, a sentence each. */
  faults(): string[] {
    return [...this.#refused.values(), ...this.#doubles]
  }

  /**
   * Adds a network, or makes the tables with it.
   *
   * @param isFirst no other network is there
   * @param gateways names of the devices that routes with a gateway leave by
   * @throws {CommandError | InvalidRequestError}
   */
  async addNetwork(network: NetworkSpec, isFirst: boolean, gateways: readonly string[]): Promise<void> {
    this.#hasBridgeTable ||= network.passage?.icc === false
    const others = isFirst ? await outwardDevices(this.#host) : this.#outward
    const outward = [...new Set([...gateways, ...others])]
    const { elements } = wantedElements([networkOwned(network)], outward)
    const work = isFirst
      ? this.#run(createTables(elements))
      : applyPlan(planRules(network, outward), this.#host)
    await this.#orReplace(work, elements, outward)
    this.#outward = outward
  }

  /** Removes a network, and the tables that none of the others needs. @throws {Failures} */
  async removeNetwork(network: NetworkSpec, others: readonly NetworkSpec[]): Promise<void> {
    const isUnused = this.#hasBridgeTable && others.every(({ passage }) => passage?.icc !== false)
    if (others.length === 0) await this.#run(deleteTables({ alone: this.#hasBridgeTable }))
    else {
      await revertPlan(planRules(network, []), this.#host)
      if (isUnused) await this.#run(deleteAlone())
    }
    if (isUnused) this.#hasBridgeTable = false
  }

  /** @throws {CommandError | InvalidRequestError} */
  add(elements: readonly Element[]): Promise<void> {
    return this.#orReplace(applyPlan(planElements(elements), this.#host), elements)
  }

  /** Removes elements, whether or not they are there. @throws {CommandError} */
  remove(elements: readonly Element[]): Promise<void> {
    return this.#orReplace(this.#run(deleteElements(elements)), [])
  }

  /** Adds and removes ways out of the host, where bridges have come or gone. @throws {CommandError} */
  async followBridges(): Promise<void> {
    const before = new Set(this.#outward)
    const now = new Set(await outwardDevices(this.#host))
    const [come, gone] = [now.difference(before), before.difference(now)]
    if (come.size > 0) await this.#orReplace(this.#run(addElements(outwardElements([...come]))), [])
    if (gone.size > 0) await this.remove(outwardElements([...gone]))
    this.#outward = [...now]
  }

  async compare(): Promise<Comparison> {
    const owned = this.#owned()
    const found = await listTable(this.#host, 'inet', TABLE)
    const foundAlone = await listTable(this.#host, 'bridge', TABLE)
    const hasBridgeTable = foundAlone !== undefined
    if (owned.length === 0) {
      const clear = () => this.#run(deleteTables({ alone: hasBridgeTable }))
      return { hasBridgeTable, outward: [], repair: found || hasBridgeTable ? clear : undefined }
    }
    const outward = await outwardDevices(this.#host)
    const wanted = wantedElements(owned, outward)
    this.#doubles = wanted.doubles
    const isRight = areTables(this.#acceptable(wanted), found, foundAlone)
    const isDone = isRight && (this.#refused.size === 0 || !(await this.#isForgiven(wanted)))
    return { hasBridgeTable, outward, repair: isDone ? undefined : () => this.#replace(outward) }
  }

  /** Sets right what compare() has found. @returns whether anything was wrong */
  async repair({ hasBridgeTable, outward, repair }: Comparison): Promise<boolean> {
    this.#isProven = true
    this.#hasBridgeTable = hasBridgeTable
    await repair?.()
    this.#outward = outward
    return repair !== undefined
  }

  #acceptable({ elements }: Wanted): Element[] {
    return elements.filter((element) => !this.#refused.has(placedWords(element)))
  }

  /** Whether nft takes by now what it refused. */
  #isForgiven(wanted: Wanted): Promise<boolean> {
    return checkTables(this.#host, wanted).then(
      () => true,
      () => false,
    )
  }

  async #run({ program, line }: Command): Promise<void> {
    await this.#host.run(program, [line], 'strict')
    this.#isProven = true
  }

  async #replace(outward: readonly string[]): Promise<void> {
    const wanted = wantedElements(this.#owned(), outward)
    this.#doubles = wanted.doubles
    this.#refused = await setTables(this.#host, wanted, { alone: this.#hasBridgeTable })
    this.#isProven = true
    this.#hasBridgeTable = hasAlone(wanted)
    this.#outward = outward
  }

  /**
   * Rebuilds the tables where the work fails since something of them is missing, or there already: somebody
   * has changed them.
   *
   * @param mine what the work adds
   * @throws {InvalidRequestError} nft does not take one of `mine`; all others are set
   */
  async #orReplace(
    work: Promise<unknown>,
    mine: readonly Element[],
    outward?: readonly string[],
  ): Promise<void> {
    try {
      await work
    } catch (error) {
      const isChanged = error instanceof CommandError && ['exists', 'missing'].includes(error.failure)
      if (!isChanged) throw error
      await this.#replace(outward ?? (await outwardDevices(this.#host)))
      const reason = mine.map((one) => this.#refused.get(placedWords(one))).find((one) => one !== undefined)
      if (reason !== undefined) throw new InvalidRequestError(`cannot set ${reason}`)
    }
  }
}
