import { type Element, elementWords } from '../../kernel/nft/element.ts'
import type { ListedTable } from '../../kernel/nft/show.ts'
import { BRIDGE_CHAINS, INET_CHAINS } from '../../kernel/nft/table.ts'

/** Sets that nft may print in another form than they were given: adjacent subnets as one range, say. */
const COUNTED = /^(?:subnets|masquerade|source)/

/** Whether the listed tables are ours, with these elements. */
export function areTables(
  elements: readonly Element[],
  table: ListedTable | undefined,
  alone: ListedTable | undefined,
): boolean {
  const wanted = Map.groupBy(elements, ({ set }) => set)
  const isAlone = wanted.has('alone')
  if (!table || !haveSameItems(INET_CHAINS, table.chains)) return false
  if (isAlone ? !alone || !haveSameItems(BRIDGE_CHAINS, alone.chains) : alone) return false
  const sets = new Map([...table.sets, ...(alone?.sets ?? [])])
  const isRight = ([name, found]: [string, readonly string[]]): boolean =>
    isSame(name, wanted.get(name) ?? [], found)
  return [...sets].every(isRight) && [...wanted.keys()].every((name) => sets.has(name))
}

const haveSameItems = (wanted: readonly string[], found: readonly string[]): boolean =>
  wanted.length === found.length && wanted.every((one) => found.includes(one))

function isSame(name: string, wanted: readonly Element[], found: readonly string[]): boolean {
  const words = new Set(wanted.map(elementWords))
  if (words.size !== found.length) return false
  return COUNTED.test(name) || found.every((one) => words.has(one))
}
