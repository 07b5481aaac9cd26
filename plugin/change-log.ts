/** What a call changed, for its line in the log. */
export interface Logged {
  /** such as `created network` */
  readonly what: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The keys that differ, as they were and as they are; null where one is not given. */
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
