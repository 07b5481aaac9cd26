import { UsageError } from './usage-error.ts'

export interface Flag {
  readonly short?: string
  /** what its value is, for the help; a flag without takes none */
  readonly value?: string
  /** all that its value may be */
  readonly oneOf?: readonly string[]
  readonly meaning: string
}

/** By name. */
export type Flags = Readonly<Record<string, Flag>>

/** What was given; a flag without a value has `true`. */
export type Values = Readonly<Record<string, string>>

export interface Parsed {
  readonly values: Values
  readonly rest: readonly string[]
}

/**
 * Reads flags as Docker's own commands do (spf13/pflag): `--name value`, `--name=value`, `-n value`, `-nvalue`, `--`.
 *
 * @param options.stopEarly leave everything from the first argument on as it is
 * @throws {UsageError} in pflag's words
 */
export function parseFlags(
  flags: Flags,
  args: readonly string[],
  { stopEarly = false }: { stopEarly?: boolean } = {},
): Parsed {
  const values: Record<string, string> = {}
  const rest: string[] = []
  const left = [...args]
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === '--') return { values, rest: [...rest, ...left] }
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg)
      if (stopEarly) return { values, rest: [...rest, ...left] }
      continue
    }
    const { shown, name, attached } = splitFlag(flags, arg)
    const flag = flags[name] as Flag
    const value = attached ?? (flag.value === undefined ? 'true' : left.shift())
    if (value === undefined) throw new UsageError(`flag needs an argument: ${shown}`)
    checkValue(shown, flag, value)
    values[name] = value
  }
  return { values, rest }
}

function splitFlag(flags: Flags, arg: string): { shown: string; name: string; attached?: string } {
  const [, long, text] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
  if (long !== undefined) {
    if (!Object.hasOwn(flags, long)) throw new UsageError(`unknown flag: --${long}`)
    return { shown: `--${long}`, name: long, ...(text === undefined ? {} : { attached: text }) }
  }
  const short = arg.slice(1, 2)
  const [name, flag] = Object.entries(flags).find(([, one]) => one.short === short) ?? []
  if (name === undefined || (flag?.value === undefined && arg.length > 2))
    throw new UsageError(`unknown shorthand flag: '${short}' in ${arg}`)
  const attached = arg.slice(2).replace(/^=/, '')
  return { shown: `-${short}, --${name}`, name, ...(arg.length > 2 ? { attached } : {}) }
}

function checkValue(shown: string, { value: kind, oneOf }: Flag, value: string): void {
  const expected = oneOf ?? (kind === undefined ? ['true', 'false'] : undefined)
  if (expected && !expected.includes(value))
    throw new UsageError(`invalid argument "${value}" for "${shown}" flag: expected ${expected.join(' or ')}`)
}
