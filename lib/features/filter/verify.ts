import type { ListedTable } from '../../kernel/nft/show.ts'
import { ALONE_RULE_COUNT, type Element, elementWords, RULE_COUNT } from '../../kernel/nft/table.ts'

/** Sets that nft may show in another way than they were given: adjacent subnets as one range, say. */
const COUNTED = /^(?:subnets|masquerade|source)/

/** Whether the listed tables are the ones with these elements. */
export function areTables(
  elements: readonly Element[],
  table: ListedTable | undefined,
  alone: ListedTable | undefined,
): boolean {
  const wanted = Map.groupBy(elements, ({ set }) => set)
  const isAlone = wanted.has('alone')
  if (table?.rules !== RULE_COUNT || alone?.rules !== (isAlone ? ALONE_RULE_COUNT : undefined)) return false
  const sets = new Map([...table.sets, ...(alone?.sets ?? [])])
  const isRight = ([name, found]: [string, readonly string[]]): boolean =>
    isSame(name, wanted.get(name) ?? [], found)
  return [...sets].every(isRight) && [...wanted.keys()].every((name) => sets.has(name))
}

function isSame(name: string, wanted: readonly Element[], found: readonly string[]): boolean {
  const words = new Set(wanted.map(elementWords))
  if (words.size !== found.length) return false
  return COUNTED.test(name) || found.every((one) => words.has(one))
}
