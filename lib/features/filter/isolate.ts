import type { Host } from '../../kernel/host.ts'
import { type Element, placedWords } from '../../kernel/nft/element.ts'
import { replaceTables } from '../../kernel/nft/table.ts'
import { messageOf } from '../../values/errors.ts'
import type { Wanted } from './elements.ts'

/** Most checks before everything left counts as refused: normally nft refuses only a few elements */
const LOOKS = 400

export interface Isolated<T> {
  readonly fit: readonly T[]
  /** by item, the error that it caused */
  readonly unfit: ReadonlyMap<T, unknown>
}

/**
 * Finds the items that make the check of all of them fail. Each takes about twice as many checks as a binary
 * search. If two items exclude each other, the earlier one is kept.
 *
 * @param check fails if these items are not accepted together
 */
export async function isolate<T>(
  all: readonly T[],
  check: (some: readonly T[]) => Promise<unknown>,
): Promise<Isolated<T>> {
  const fit: T[] = []
  const unfit = new Map<T, unknown>()
  let looks = 0
  const sort = async (part: readonly T[]): Promise<void> => {
    try {
      looks += 1
      if (looks > LOOKS) throw new Error('too much else is refused as well')
      await check([...fit, ...part])
      fit.push(...part)
    } catch (error) {
      if (part.length > 1 && looks <= LOOKS) await sortHalves(part)
      else for (const one of part) unfit.set(one, error)
    }
  }
  const sortHalves = async (part: readonly T[]): Promise<void> => {
    const half = Math.ceil(part.length / 2)
    if (half > 0) await sort(part.slice(0, half))
    if (half < part.length) await sort(part.slice(half))
  }
  await sortHalves(all)
  return { fit, unfit }
}

/**
 * Has nft check the tables without setting them.
 *
 * @throws {CommandError | RangeError} nft would refuse them
 */
export async function checkTables(host: Host, wanted: Wanted, some = wanted.elements): Promise<void> {
  const { program, line } = replaceTables(some, { alone: hasAlone(wanted) })
  await host.run(program, [line], 'check')
}

export const hasAlone = ({ elements }: Wanted): boolean => elements.some(({ set }) => set === 'alone')

/**
 * Replaces the tables, leaving out the elements that nft refuses.
 *
 * @param alone whether a table of family bridge may exist
 * @returns a sentence on each refused element, by its placedWords()
 * @throws {CommandError} nft refuses even tables without elements
 */
export async function setTables(
  host: Host,
  wanted: Wanted,
  { alone }: { alone: boolean },
): Promise<Map<string, string>> {
  const write = async (some: readonly Element[]): Promise<void> => {
    const { program, line } = replaceTables(some, { alone: alone || hasAlone(wanted) })
    await host.run(program, [line], 'strict')
  }
  try {
    await write(wanted.elements)
    return new Map()
  } catch (error) {
    // If nft refuses tables without elements too, no element is to blame.
    await checkTables(host, wanted, []).catch(() => Promise.reject(error))
    const { fit, unfit } = await isolate(wanted.elements, (some) => checkTables(host, wanted, some))
    await write(fit)
    const why = (one: Element, reason: unknown): string =>
      `${placedWords(one)} of ${wanted.ownerOf(one)}: ${messageOf(reason).split('\n', 2).join(' ')}`
    return new Map([...unfit].map(([one, reason]) => [placedWords(one), why(one, reason)]))
  }
}
