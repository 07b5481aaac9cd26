import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { execa } from 'execa'

/**
 * What every started program sees, whatever the tests themselves were started with (proxies, say, or a Docker
 * context).
 */
export const cleanEnv: Readonly<Record<string, string>> = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
}

export interface RunOptions {
  /** Added to {@link cleanEnv}. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  /** ms until the program is killed; 60 s by default. */
  readonly timeout?: number
}

/**
 * Runs a program to its end and gives its stdout.
 *
 * @throws {ExecaError} on any other end than exit status 0; the message has the command and its stderr
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [file = '', ...args] = argv
  const { stdout } = await execa(file, args, {
    env: { ...cleanEnv, ...options.env },
    extendEnv: false,
    timeout: options.timeout ?? 60_000,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  })
  return stdout
}

/**
 * Starts a program that stays, with its output appended to the file `log`. The kernel kills it when this
 * process ends, however this process ends.
 */
export function hold(argv: readonly string[], log: string): ChildProcess {
  const out = openSync(log, 'a')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
    env: cleanEnv,
    stdio: ['ignore', out, out],
  })
  closeSync(out)
  return child
}

/** Resolves when the process has ended, at once if it has already. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => child.once('exit', () => resolve()))
}
