import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { messageOf } from '../errors.ts'
import type { Program } from './command.ts'
import { batchFailures, CommandError, isAbort } from './command-error.ts'

/** How a batch treats a line that fails: stop there, or go on and report them all at the end. */
export type Mode = 'strict' | 'force'

export interface Outcome {
  readonly stdout: string
  /** Lines that failed; only with `force`, a strict run throws instead. */
  readonly failures: readonly CommandError[]
}

/** Carries lines out. The only way to the kernel. */
export interface Host {
  /** @throws {CommandError} with `strict`, for the first line that failed; nft is a transaction: then none was done */
  run(program: Program, lines: readonly string[], mode: Mode): Promise<Outcome>
  /** What a program prints when asked, such as `nft -j list table inet sluice`. @throws {CommandError} */
  show(program: Program, args: readonly string[]): Promise<string>
  /** A file below /proc, or undefined where there is none. */
  read(path: string): Promise<string | undefined>
}

interface HostOptions {
  /** Put before every program, such as `nsenter --net=…`; for tests. */
  readonly prefix?: readonly string[]
  /** Where /proc/sys/net can be written: a managed plugin has it on a mount, since its own is read-only. */
  readonly sysctlRoot?: string
}

/** Programs that read lines from standard input, one process for all of them. */
const BATCH = { ip: ['ip'], ip6: ['ip', '-6'], tc: ['tc'] } as const

/** The real host: one process a batch, arguments as arrays, no shell, no inherited descriptor. */
export function realHost({ prefix = [], sysctlRoot = '/proc/sys/net' }: HostOptions = {}): Host {
  const start = async (program: string, args: readonly string[], input = '') => {
    const [file = program, ...rest] = [...prefix, program, ...args]
    return execa(file, rest, {
      input,
      reject: false,
      env: { LC_ALL: 'C' },
      timeout: 30_000,
      stripFinalNewline: false,
    })
  }

  const batchOnce = async (
    program: keyof typeof BATCH,
    lines: readonly string[],
    mode: Mode,
  ): Promise<Outcome> => {
    const [file, ...family] = BATCH[program]
    const force = mode === 'force' ? ['-force'] : []
    const result = await start(file, [...family, ...force, '-j', '-batch', '-'], `${lines.join('\n')}\n`)
    if (result.exitCode === 0) return { stdout: result.stdout, failures: [] }
    const failures = batchFailures(result.stderr, lines).map(
      ({ index, text }) => new CommandError(program, lines[index] ?? '', text, index),
    )
    if (failures.length === 0)
      failures.push(new CommandError(program, lines[0] ?? '', failureText(result), 0))
    return { stdout: result.stdout, failures }
  }

  const batch = async (
    program: keyof typeof BATCH,
    lines: readonly string[],
    mode: Mode,
  ): Promise<Outcome> => {
    const outcome = await batchOnce(program, lines, mode)
    const last = outcome.failures.at(-1)
    if (mode === 'strict' && outcome.failures[0]) throw outcome.failures[0]
    // A word that ip cannot resolve ends the whole batch, -force or not: what stands behind that line is still to be done.
    if (!last || !isAbort(last.stderr) || last.index + 1 >= lines.length) return outcome
    const rest = await batch(program, lines.slice(last.index + 1), mode)
    const moved = rest.failures.map(
      ({ command, stderr, index }) => new CommandError(program, command, stderr, last.index + 1 + index),
    )
    return { stdout: outcome.stdout + rest.stdout, failures: [...outcome.failures, ...moved] }
  }

  const nft = async (lines: readonly string[], mode: Mode): Promise<Outcome> => {
    const text = lines.join('\n')
    const result = await start('nft', ['-f', '-'], `${text}\n`)
    if (result.exitCode === 0) return { stdout: result.stdout, failures: [] }
    const failure = new CommandError('nft', text, failureText(result), 0)
    if (mode === 'strict') throw failure
    return { stdout: result.stdout, failures: [failure] }
  }

  /** iptables takes one command a process; a sysctl is a file. */
  const each = async (program: Program, lines: readonly string[], mode: Mode): Promise<Outcome> => {
    const failures: CommandError[] = []
    for (const [index, line] of lines.entries()) {
      const refused = program === 'sysctl' ? await writeSysctl(line) : await iptables(program, line)
      if (refused === undefined) continue
      failures.push(new CommandError(program, line, refused, index))
      if (mode === 'strict') throw failures[0]
    }
    return { stdout: '', failures }
  }

  const iptables = async (program: string, line: string): Promise<string | undefined> => {
    const result = await start(program, ['-w', ...line.split(' ')])
    return result.exitCode === 0 ? undefined : failureText(result)
  }

  const writeSysctl = async (line: string): Promise<string | undefined> => {
    const [written = '', value = ''] = line.split('=')
    const key = written.replace(/^-/, '')
    // Writing takes the lock that all links share, even to write what is there.
    if ((await read(join(sysctlRoot, key)))?.trim() === value) return undefined
    const refused = await writeKey(key, value)
    return written.startsWith('-') && refused?.includes('No such file') ? undefined : refused
  }

  const writeKey = async (key: string, value: string): Promise<string | undefined> => {
    if (prefix.length > 0) {
      const result = await start('tee', [join(sysctlRoot, key)], value)
      return result.exitCode === 0 ? undefined : failureText(result)
    }
    return writeFile(join(sysctlRoot, key), value).then(
      () => undefined,
      (error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' ? 'No such file or directory' : messageOf(error),
    )
  }

  const read = async (path: string): Promise<string | undefined> => {
    if (prefix.length === 0) return readFile(path, 'utf8').catch(() => undefined)
    const result = await start('cat', [path])
    return result.exitCode === 0 ? result.stdout : undefined
  }

  return {
    run: (program, lines, mode) => {
      if (program === 'nft') return nft(lines, mode)
      return program in BATCH ? batch(program as keyof typeof BATCH, lines, mode) : each(program, lines, mode)
    },
    show: async (program, args) => {
      const result = await start(program, args)
      if (result.exitCode === 0) return result.stdout
      throw new CommandError(program, args.join(' '), failureText(result), 0)
    },
    read,
  }
}

interface Ended {
  readonly stderr?: string | undefined
  readonly timedOut?: boolean | undefined
  readonly shortMessage?: string | undefined
}

const failureText = (result: Ended): string =>
  result.timedOut ? 'no answer within 30 s' : result.stderr || result.shortMessage || 'failed without a word'
