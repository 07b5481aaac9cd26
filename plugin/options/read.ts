import { messageOf, OptionError } from '../../lib/errors.ts'
import { nearest } from '../nearest.ts'
import type { Scope } from './option.ts'
import { fullName, isGivenTo, isOption, OPTIONS, type OptionName, optionNames, type Parsed } from './table.ts'

/** Options by key, as they came. */
export type Given = Readonly<Record<string, unknown>>

/** Each option by itself; what they come to together is parse-options.ts's. @throws {OptionError} */
export function readOptions(given: Given, scope: Scope): Parsed {
  const parsed: Record<string, unknown> = {}
  for (const [written, value] of Object.entries(given)) {
    const key = fullName(written)
    if (!isOption(key)) throw unknownOption(written, scope)
    if (!isGivenTo(scope, key))
      throw new OptionError(key, 'expected on the network (docker network create -o), not on one attachment')
    if (key in parsed) throw new OptionError(key, 'given twice')
    parsed[key] = readValue(key, String(value))
  }
  return parsed as Parsed
}

function readValue(key: OptionName, value: string): unknown {
  try {
    return OPTIONS[key].parse(value)
  } catch (error) {
    throw new OptionError(key, messageOf(error))
  }
}

const shown = (key: string): string => JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)

export function unknownOption(written: string, scope: Scope): OptionError {
  const known = optionNames(scope)
  const near = nearest(written, known)
  const hint = near
    ? `did you mean ${near}?`
    : `expected one of ${known.filter((key) => !key.includes('docker')).join(', ')}, or Docker's own`
  return new OptionError(shown(written).slice(1, -1), `unknown option, ${hint}`)
}
