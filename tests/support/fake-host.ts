import type { Command, Program } from '../../lib/kernel/command.ts'
import { CommandError } from '../../lib/kernel/command-error.ts'
import type { Host } from '../../lib/kernel/host.ts'

interface Script {
  /** What the program says to a line, such as `ip route show table all`, on stdout. */
  readonly answer?: (line: string) => string | undefined
  /** What it says on stderr when the line is to fail. */
  readonly fail?: (line: string) => string | undefined
  /** Files below /proc and others that are read. */
  readonly files?: Readonly<Record<string, string>>
}

/** A host that writes down what it is told and does nothing. It knows only what it was given to say. */
export interface FakeHost extends Host {
  /** What was carried out or tried, in order, each as typed into a terminal: `ip link del dev sv-1`. */
  readonly lines: string[]
  /** How many processes that took. */
  readonly processes: () => number
}

/** A command as it would be typed. */
export const typed = ({ program, line }: Command): string => `${program} ${line}`

export function fakeHost({
  answer = () => undefined,
  fail = () => undefined,
  files = {},
}: Script = {}): FakeHost {
  const lines: string[] = []
  let processes = 0
  const ask = (program: Program, words: string, index: number): { said: string; failure?: CommandError } => {
    const line = `${program} ${words}`
    lines.push(line)
    const refused = fail(line)
    if (refused !== undefined) return { said: '', failure: new CommandError(program, words, refused, index) }
    return { said: answer(line) ?? '' }
  }
  return {
    lines,
    processes: () => processes,
    run: async (program, words, mode) => {
      if (words.length > 0) processes += 1
      const said: string[] = []
      const failures: CommandError[] = []
      for (const [index, line] of words.entries()) {
        const result = ask(program, line, index)
        if (result.failure && mode === 'strict') throw result.failure
        if (result.failure) failures.push(result.failure)
        said.push(result.said)
      }
      return { stdout: said.join('\n'), failures }
    },
    show: async (program, args) => {
      processes += 1
      const { said, failure } = ask(program, args.join(' '), 0)
      if (failure) throw failure
      return said
    },
    watch: (_program, _args, _hear, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(''))),
    read: async (path) => files[path],
  }
}

/** What an idle host says when it is looked at: no routes, no links, no table. */
export const nothingThere = (line: string): string | undefined =>
  line.startsWith('ip') && / show/.test(line) ? '[]' : undefined
