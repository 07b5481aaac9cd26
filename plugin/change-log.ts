/** A change that a call made, for its log line. */
export interface Logged {
  /** such as `created network` */
  readonly what: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The keys whose values differ, with the values before and after; null for a key that is absent. */
export function difference(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Pick<Logged['fields'], 'before' | 'after'> | undefined {
  const keys = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key])
  if (keys.length === 0) return undefined
  const of = (options: Readonly<Record<string, string>>) =>
    Object.fromEntries(keys.map((key) => [key, options[key] ?? null]))
  return { before: of(before), after: of(after) }
}
