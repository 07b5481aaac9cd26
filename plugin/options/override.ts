import type { Override } from '../../lib/store/overrides.ts'
import type { GivenText } from './parse.ts'
import { fullName } from './table.ts'

/** Options never kept: they would give rights or duties to any later container of the same name. */
const NEVER_KEPT = /^(guard|forwards|label\.|policy|service|uplink\.strict)/

export const isKeptByName = (written: string): boolean => !NEVER_KEPT.test(fullName(written))

/**
 * An override after one more change. An unset option is kept, as null, only if the attachment was created
 * with it.
 *
 * @param asked the options that the attachment was created with
 */
export function nextOverride(
  override: Override,
  change: Readonly<Record<string, string | null>>,
  asked: GivenText,
): Override {
  const next: Record<string, string | null> = { ...override }
  for (const [written, value] of Object.entries(change)) {
    const key = fullName(written)
    if (!isKeptByName(key)) continue
    if (value !== null) next[key] = value.trim()
    else if (asked[key] === undefined) delete next[key]
    else next[key] = null
  }
  return next
}

/** The override without nulls for options that the attachment was not created with this time. */
export const liveOverride = (override: Override, asked: GivenText): Override =>
  Object.fromEntries(
    Object.entries(override).filter(([key, value]) => value !== null || asked[key] !== undefined),
  )
