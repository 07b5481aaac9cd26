import { UsageError } from './usage-error.ts'

export interface Flag {
  readonly short?: string
  /** what its value is, for the help; a flag without takes none */
  readonly value?: string
  /** may be given again and again */
  readonly many?: true
  /** all that its value may be */
  readonly oneOf?: readonly string[]
  /** what completion offers where others may be given as well */
  readonly offers?: readonly string[]
  readonly meaning: string
}

/** By name. */
export type Flags = Readonly<Record<string, Flag>>

/** What was given; a flag without a value has `true`. */
export type Values = Readonly<Record<string, string>>

/** What was given of flags that may be given again and again. */
export type Lists = Readonly<Record<string, readonly string[]>>

export interface Parsed {
  readonly values: Values
  readonly lists: Lists
  readonly rest: readonly string[]
}

/**
 * Reads flags as Docker's own commands do (spf13/pflag): `--name value`, `--name=value`, `-n value`,
 * `-nvalue`, `--`.
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
  const lists: Record<string, string[]> = {}
  const rest: string[] = []
  const left = [...args]
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === '--') return { values, lists, rest: [...rest, ...left] }
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg)
      if (stopEarly) return { values, lists, rest: [...rest, ...left] }
      continue
    }
    const { shown, name, attached, others } = splitFlag(flags, arg)
    if (others) left.unshift(others)
    const flag = flags[name] as Flag
    const value = attached ?? (flag.value === undefined ? 'true' : left.shift())
    if (value === undefined) throw new UsageError(`flag needs an argument: ${shown}`)
    checkValue(shown, flag, value)
    if (flag.many) lists[name] = [...(lists[name] ?? []), value]
    else values[name] = value
  }
  return { values, lists, rest }
}

interface Split {
  /** as complaints name it */
  readonly shown: string
  readonly name: string
  readonly attached?: string
  /** of `-qa`, what is left without the first: `-a` */
  readonly others?: string
}

function splitFlag(flags: Flags, arg: string): Split {
  const [, long, text] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
  if (long !== undefined) {
    if (!Object.hasOwn(flags, long)) throw new UsageError(`unknown flag: --${long}`)
    return { shown: `--${long}`, name: long, ...(text === undefined ? {} : { attached: text }) }
  }
  const short = arg.slice(1, 2)
  const behind = arg.slice(2)
  const [name, flag] = Object.entries(flags).find(([, one]) => one.short === short) ?? []
  if (name === undefined) throw new UsageError(`unknown shorthand flag: '${short}' in ${arg}`)
  const shown = `-${short}, --${name}`
  if (behind === '') return { shown, name }
  if (flag?.value === undefined && !behind.startsWith('=')) {
    const next = behind.slice(0, 1)
    if (!Object.values(flags).some((one) => one.short === next))
      throw new UsageError(`unknown shorthand flag: '${next}' in ${arg}`)
    return { shown, name, others: `-${behind}` }
  }
  return { shown, name, attached: behind.replace(/^=/, '') }
}

function checkValue(shown: string, { value: kind, oneOf }: Flag, value: string): void {
  const expected = oneOf ?? (kind === undefined ? ['true', 'false'] : undefined)
  if (expected && !expected.includes(value))
    throw new UsageError(`invalid argument "${value}" for "${shown}" flag: expected ${expected.join(' or ')}`)
}
