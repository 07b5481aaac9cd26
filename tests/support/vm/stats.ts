/** What `share` (0 to 1) of some numbers is below. @throws {Error} when there is none */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  if (value === undefined) throw new Error('nothing was measured')
  return value
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/**
 * How often that happens in `tries` which has this chance (0 to 1) each time: the limits that 99 runs of 100
 * keep.
 */
export function expected(tries: number, chance: number): { readonly least: number; readonly most: number } {
  const spread = 2.576 * Math.sqrt(tries * chance * (1 - chance))
  return { least: Math.floor(tries * chance - spread), most: Math.ceil(tries * chance + spread) }
}

/** What is missing of `0 … sent - 1`, ascending. */
export function missing(order: readonly number[], sent: number): number[] {
  const seen = new Set(order)
  return Array.from({ length: sent }, (_, number) => number).filter((number) => !seen.has(number))
}

/** How many arrived again. */
export const duplicates = (order: readonly number[]): number => order.length - new Set(order).size

/** How many arrived before one that was sent earlier. */
export function overtakers(order: readonly number[]): number {
  let earliest = Number.POSITIVE_INFINITY
  return order.reduceRight((count, number) => {
    const overtakes = number > earliest
    earliest = Math.min(earliest, number)
    return overtakes ? count + 1 : count
  }, 0)
}

/** The lengths of the runs of consecutive numbers in an ascending list. */
export function bursts(numbers: readonly number[]): number[] {
  const starts = numbers.flatMap((number, index) => (numbers[index - 1] === number - 1 ? [] : [index]))
  return starts.map((start, index) => (starts[index + 1] ?? numbers.length) - start)
}
