import type { Override } from '../../lib/store/overrides.ts'
import type { GivenText } from './parse.ts'
import { fullName } from './table.ts'

/** What would give rights or duties to whoever is called the same later. */
const NEVER_KEPT = /^(guard|forwards|label\.|policy|service|uplink\.strict)/

export const isKeptByName = (written: string): boolean => !NEVER_KEPT.test(fullName(written))

/**
 * What is kept of an attachment's changes after one more. What is unset has to be kept only where the
 * attachment comes with it.
 *
 * @param asked what the attachment came with
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

/** Without what takes back what the attachment did not come with this time. */
export const liveOverride = (override: Override, asked: GivenText): Override =>
  Object.fromEntries(
    Object.entries(override).filter(([key, value]) => value !== null || asked[key] !== undefined),
  )
