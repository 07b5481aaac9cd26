import type { Argument, Command, Globals } from '../call.ts'
import { COMMANDS } from '../commands.ts'
import { type Flags, parseFlags } from '../flags.ts'
import { parseCommandLine } from '../invocation.ts'
import { type Candidate, completeArgument, type Sources } from './complete-argument.ts'

/** What the shell does besides offering candidates; cobra calls it a directive, and these are its bits. */
const NO_SPACE = 2
const NO_FILES = 4

export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly directive: number
}

/**
 * Completes the last word. What cannot be found out, as for a person who may not ask the plugin, is left out.
 *
 * @param words those of the command line, after the program's name
 */
export async function complete(
  words: readonly string[],
  sourcesOf: (globals: Globals) => Sources,
): Promise<Completion> {
  const current = words.at(-1) ?? ''
  try {
    return await completeWord(words.slice(0, -1), current, sourcesOf)
  } catch {
    return { candidates: [], directive: NO_FILES }
  }
}

async function completeWord(
  before: readonly string[],
  current: string,
  sourcesOf: (globals: Globals) => Sources,
): Promise<Completion> {
  const begun = (candidates: readonly Candidate[], beginning = current): Completion => {
    const fitting = candidates.filter(({ value }) => value.startsWith(beginning))
    return { candidates: fitting, directive: NO_FILES + (fitting.some(isHalf) ? NO_SPACE : 0) }
  }
  const { name, args, globals } = parseCommandLine(before)
  if (name === undefined) return begun(COMMANDS.map((one) => ({ value: one.name, meaning: one.summary })))
  const command = COMMANDS.find((one) => one.name === name)
  if (!command) return begun([])
  const { flags } = command

  // Of `--flag=value` the shell keeps the first half.
  const [, attachedTo, beginning] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
  const flag = attachedTo ?? args.at(-1) ?? ''
  if (takesValue(flags, flag)) return begun(valuesOf(flags, flag), beginning)
  if (current.startsWith('-'))
    return begun(Object.entries(flags).map(([flag, { meaning }]) => ({ value: `--${flag}`, meaning })))

  const { rest } = parseFlags(flags, args)
  const argument = argumentAt(command, rest.length)
  if (argument === 'file') return { candidates: [], directive: 0 }
  return begun(argument ? await completeArgument(argument, current, rest, sourcesOf(globals)) : [])
}

/** What comes after `KEY=` is still to be typed. */
const isHalf = ({ value }: Candidate): boolean => value.endsWith('=')

const flagNamed = (flags: Flags, text: string) =>
  text.startsWith('--') ? Object.entries(flags).find(([name]) => text === `--${name}`)?.[1] : undefined
const takesValue = (flags: Flags, text: string): boolean => flagNamed(flags, text)?.value !== undefined
const valuesOf = (flags: Flags, text: string): readonly Candidate[] =>
  (flagNamed(flags, text)?.oneOf ?? flagNamed(flags, text)?.offers ?? []).map((value) => ({ value }))

const argumentAt = ({ args, most }: Command, index: number): Argument | undefined =>
  index < most ? (args[index] ?? args.at(-1)) : undefined

/**
 * As cobra writes it, for the shell scripts that Docker comes with.
 *
 * @see https://github.com/spf13/cobra/blob/main/completions.go
 */
export const formatCompletion = ({ candidates, directive }: Completion, described: boolean): string =>
  [
    ...candidates.map(({ value, meaning }) =>
      described && meaning ? `${value}\t${meaning.replaceAll(/\s+/g, ' ')}` : value,
    ),
    `:${directive}\n`,
  ].join('\n')
