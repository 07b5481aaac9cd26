/** @param share 0 to 1; 0.5 is the median @throws {RangeError} there is no value */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (below === undefined || above === undefined) throw new RangeError('no values to take a quantile of')
  return below + (above - below) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Three digits, as a person wants to read them: 0.123, 1.23, 12.3, 123, 1234. */
export const digits = (value: number): string =>
  value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)

/** `median (min–max)`. */
export const spread = (values: readonly number[]): string =>
  `${digits(median(values))} (${digits(Math.min(...values))}–${digits(Math.max(...values))})`

/** Of medians: how many times `values` is what `reference` is. */
export const ratio = (values: readonly number[], reference: readonly number[]): string =>
  (median(values) / median(reference)).toFixed(2)

/** Samples by name, in the order in which names first came. */
export class Samples {
  readonly #values: Record<string, number[]> = {}

  add(name: string, value: number): void {
    this.#values[name] ??= []
    this.#values[name].push(value)
  }

  /** @throws {RangeError} nothing was measured under that name */
  of(name: string): readonly number[] {
    const values = this.#values[name]
    if (!values) throw new RangeError(`nothing was measured of ${name}`)
    return values
  }

  /** Runs `act` and adds how long it took, in ms. */
  async time<T>(name: string, act: () => Promise<T>): Promise<T> {
    const started = performance.now()
    const result = await act()
    this.add(name, performance.now() - started)
    return result
  }

  all(): Readonly<Record<string, readonly number[]>> {
    return this.#values
  }
}
