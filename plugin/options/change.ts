import { OptionError } from '../../lib/values/errors.ts'
import type { Scope } from './option.ts'
import type { GivenText } from './parse.ts'
import { unknownOption } from './read.ts'
import { fullName, isGivenTo, isLive, isOption } from './table.ts'

/**
 * The options after a change: a text sets, null unsets.
 *
 * @throws {OptionError} no such option there, or one that cannot change while its network lives
 */
export function changeGiven(
  given: GivenText,
  change: Readonly<Record<string, string | null>>,
  scope: Scope,
): GivenText {
  const result: Record<string, string> = { ...given }
  for (const [written, value] of Object.entries(change)) {
    const key = fullName(written)
    if (!isOption(key)) throw unknownOption(written, scope)
    if (!isLive(key))
      throw new OptionError(key, 'expected when the network is created; it cannot change later')
    if (!isGivenTo(scope, key)) throw new OptionError(key, 'expected on the network, not on one attachment')
    if (value === null) delete result[key]
    else result[key] = value.trim()
  }
  return result
}
