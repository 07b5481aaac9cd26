import { messageOf, OptionError } from '../../lib/values/errors.ts'
import { suggestKey } from './hints/key.ts'
import { type Reading, rateReadings } from './hints/readings.ts'
import type { Scope } from './option.ts'
import { fullName, isGivenTo, isOption, OPTIONS, type OptionName, optionNames, type Parsed } from './table.ts'

/** Options by key, unparsed. */
export type Given = Readonly<Record<string, unknown>>

/** Parses each option by itself; parse.ts combines them. @throws {OptionError} */
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
    throw new OptionError(key, refusal(key, value, messageOf(error)))
  }
}

const UNCAPPED = /^\s*(0|-1|none|no|off|unlimited|infinite|inf|max)\s*$/i

/** The error's text, with what the user may have meant. It suggests only values that the option accepts. */
function refusal(key: OptionName, value: string, expected: string): string {
  const { parse, readings } = OPTIONS[key]
  const takes = ({ text }: Reading): boolean => {
    try {
      parse(text)
      return true
    } catch {
      return false
    }
  }
  if (readings === rateReadings && UNCAPPED.test(value))
    return `${expected}; for no cap leave ${key} out, or: docker sluice unset`
  const offered = readings(value).filter(takes)
  const [first, ...others] = offered
  // The first reading is the likeliest: if the option refuses it, suggesting only the others would mislead.
  if (!first || first.text !== readings(value)[0]?.text) return expected
  if (others.length === 0) return `${expected}; did you mean ${first.text}?`
  const ways = offered.map(({ text, meaning }) => `${text} for ${meaning}`)
  return `${shown(value)} can be read two ways: write ${ways.join(' or ')}`
}

const shown = (key: string): string => JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)

export function unknownOption(written: string, scope: Scope): OptionError {
  const near = suggestKey(written, optionNames(scope)) ?? suggestKey(written, optionNames('network'))
  const hint =
    near === undefined
      ? '"docker sluice set --help" and docs/options.md list them all'
      : isGivenTo(scope, near)
        ? `did you mean ${near}?`
        : `did you mean ${near}? It is the network's (docker network create -o), not one attachment's`
  return new OptionError(shown(written).slice(1, -1), `unknown option, ${hint}`)
}
