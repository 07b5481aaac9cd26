import type { Command, Program } from './command.ts'
import { batchFailures, CommandError, isAbort } from './command-error.ts'
import { failureText, follow, readyStarter, type Start, starter } from './programs.ts'
import { ownFiles, type ProcFiles, setSysctl } from './sysctl.ts'

/**
 * How a batch handles a failing line: `strict` stops there, `force` continues and reports all failures at the
 * end. Only nft has `check`, which fails as `strict` does and changes nothing.
 */
export type Mode = 'strict' | 'force' | 'check'

export interface Outcome {
  readonly stdout: string
  /** Lines that failed; only with `force`, a strict run throws instead. */
  readonly failures: readonly CommandError[]
}

/** Runs commands. It is the only way to the kernel. */
export interface Host {
  /**
   * @throws {CommandError} with `strict`, for the first line that failed. nft runs its lines as a
   *   transaction: if it fails, none is applied
   */
  run(program: Program, lines: readonly string[], mode: Mode): Promise<Outcome>
  /** Returns the output of a program such as `nft -j list table inet sluice`. @throws {CommandError} */
  show(program: Program, args: readonly string[]): Promise<string>
  /**
   * Starts a program that keeps printing lines, such as `nft monitor`, and ends it when the signal aborts.
   *
   * @returns after its end: the reason, if it printed one
   */
  watch(
    program: Program,
    args: readonly string[],
    hear: (line: string) => void,
    signal: AbortSignal,
  ): Promise<string>
  /** The content of a file below /proc or /sys, or undefined if there is none. */
  read(path: string): Promise<string | undefined>
}

interface HostOptions {
  /** Put before every program, such as `nsenter --net=…`; for tests. */
  readonly prefix?: readonly string[]
  /** A writable path to /proc/sys/net: a managed plugin has it on a mount, since its own is read-only. */
  readonly sysctlRoot?: string
}

/** The real host: one process per batch, arguments as arrays, no shell, no inherited descriptor. */
export function realHost({ prefix = [], sysctlRoot = '/proc/sys/net' }: HostOptions = {}): Host {
  const start = prefix.length > 0 ? starter(prefix) : readyStarter()
  const files = prefix.length > 0 ? filesThrough(start) : ownFiles
  return {
    run: (program, lines, mode) => {
      if (program === 'nft') return runTransaction(start, lines, mode)
      if (program in BATCH) return runBatch(start, program as Batched, lines, mode)
      return runEach(program, lines, mode, (line) =>
        program === 'sysctl' ? setSysctl(files, sysctlRoot, line) : refusalOf(start, program, line),
      )
    },
    show: async (program, args) => {
      const result = await start(program, args)
      if (result.exitCode === 0) return result.stdout
      throw new CommandError(program, args.join(' '), failureText(result), 0)
    },
    watch: (program, args, hear, signal) => follow([...prefix, program, ...args], hear, signal),
    read: files.read,
  }
}

/** Programs that read lines from standard input, one process for all of them. */
const BATCH = { ip: ['ip'], ip6: ['ip', '-6'], tc: ['tc'] } as const
type Batched = keyof typeof BATCH

async function runBatch(
  start: Start,
  program: Batched,
  lines: readonly string[],
  mode: Mode,
): Promise<Outcome> {
  const outcome = await runBatchOnce(start, program, lines, mode)
  const last = outcome.failures.at(-1)
  if (mode === 'strict' && outcome.failures[0]) throw outcome.failures[0]
  // A word that ip cannot resolve ends the whole batch, even with -force, so we run the remaining lines.
  if (!last || !isAbort(last.stderr) || last.index + 1 >= lines.length) return outcome
  const rest = await runBatch(start, program, lines.slice(last.index + 1), mode)
  const moved = rest.failures.map(
    ({ command, stderr, index }) => new CommandError(program, command, stderr, last.index + 1 + index),
  )
  return { stdout: outcome.stdout + rest.stdout, failures: [...outcome.failures, ...moved] }
}

async function runBatchOnce(
  start: Start,
  program: Batched,
  lines: readonly string[],
  mode: Mode,
): Promise<Outcome> {
  const [file, ...family] = BATCH[program]
  const force = mode === 'force' ? ['-force'] : []
  const result = await start(file, [...family, ...force, '-j', '-batch', '-'], `${lines.join('\n')}\n`)
  if (result.exitCode === 0) return { stdout: result.stdout, failures: [] }
  const failures = batchFailures(result.stderr, lines).map(
    ({ index, text }) => new CommandError(program, lines[index] ?? '', text, index),
  )
  if (failures.length === 0) failures.push(new CommandError(program, lines[0] ?? '', failureText(result), 0))
  return { stdout: result.stdout, failures }
}

async function runTransaction(start: Start, lines: readonly string[], mode: Mode): Promise<Outcome> {
  const text = lines.join('\n')
  const result = await start('nft', [...(mode === 'check' ? ['-c'] : []), '-f', '-'], `${text}\n`)
  if (result.exitCode === 0) return { stdout: result.stdout, failures: [] }
  const failure = new CommandError('nft', text, failureText(result), 0)
  if (mode !== 'force') throw failure
  return { stdout: result.stdout, failures: [failure] }
}

/** For programs that take one command at a time. @param refusal returns why a line failed, or undefined */
async function runEach(
  program: Program,
  lines: readonly string[],
  mode: Mode,
  refusal: (line: string) => Promise<string | undefined>,
): Promise<Outcome> {
  const failures: CommandError[] = []
  for (const [index, line] of lines.entries()) {
    const refused = await refusal(line)
    if (refused === undefined) continue
    failures.push(new CommandError(program, line, refused, index))
    if (mode === 'strict') throw failures[0]
  }
  return { stdout: '', failures }
}

async function refusalOf(start: Start, program: Program, line: string): Promise<string | undefined> {
  const result = await start(program, ['-w', ...line.split(' ')])
  return result.exitCode === 0 ? undefined : failureText(result)
}

/** Files as seen by a program that we start through the prefix. */
const filesThrough = (start: Start): ProcFiles => ({
  read: async (path) => {
    const result = await start('cat', [path])
    return result.exitCode === 0 ? result.stdout : undefined
  },
  write: async (path, value) => {
    const result = await start('tee', [path], value)
    return result.exitCode === 0 ? undefined : failureText(result)
  },
})

/** The command as a person would type it: several lines if the program reads its text from standard input. */
export function typed({ program, line }: Command): string[] {
  if (program === 'nft') return ['nft -f - <<END', ...line.split('\n'), 'END']
  if (program === 'sysctl') return [`sysctl -w net.${line.replace(/^-/, '').replaceAll('/', '.')}`]
  return [`${program} ${line}`]
}
