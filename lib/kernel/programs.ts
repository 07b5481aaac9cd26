import { execa } from 'execa'
import { createPipes } from './pipes.ts'

/** How a program ended, and its output. */
export interface Ended {
  readonly exitCode?: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  readonly shortMessage?: string | undefined
}

/** Runs a program to its end. */
export type Start = (program: string, args: readonly string[], input?: string) => Promise<Ended>

/** ms that a program may take from its input to its end */
const PATIENCE = 30_000
/**
 * Idle time before starting the next standby process (ms). A fork stops this process for 3 ms, so the pause
 * keeps it from delaying a reply.
 */
const QUIET = 150

/** Programs that read all their work from standard input, so that we can start them before we know it. */
const WAITS = ['ip -j -batch -', 'tc -j -batch -', 'nft -f -']

/** @param prefix put before every program */
export const starter =
  (prefix: readonly string[]): Start =>
  async (program, args, input = '') =>
    (await begin([...prefix, program, ...args])).tell(input)

/**
 * A starter that keeps one standby process of each kind, from the kind's first use on. This saves the 3 ms
 * for which a fork stops this process, and the 2 ms that the program takes to start.
 */
export function readyStarter(): Start {
  const kinds = new Map(WAITS.map((words) => [words, new Standby(words.split(' '))]))
  return async (program, args, input = '') => {
    const argv = [program, ...args]
    const standby = kinds.get(argv.join(' '))
    return (await (standby ? standby.take() : begin(argv))).tell(input)
  }
}

/** One process that waits for its input. */
class Standby {
  readonly #argv: readonly string[]
  #waiting: Promise<Process> | undefined
  #quiet: NodeJS.Timeout | undefined

  constructor(argv: readonly string[]) {
    this.#argv = argv
  }

  /** Returns the waiting process, or starts one. The next standby starts after an idle time. */
  async take(): Promise<Process> {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#beginWhenQuiet()
    const process = await waiting
    return process?.isAlive() ? process : begin(this.#argv)
  }

  #beginWhenQuiet(): void {
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => {
      this.#waiting = begin(this.#argv)
    }, QUIET)
  }
}

/** A started process. */
interface Process {
  readonly isAlive: () => boolean
  /** Writes all of its input, and waits for its end. */
  readonly tell: (input: string) => Promise<Ended>
}

/** Programs that cannot read their input from a socket; see pipes.ts. */
const WANTS_PIPE = /(?:^| )nft -f -$/

const openPipe = createPipes(async (paths) => {
  await execa('mkfifo', ['-m', '600', ...paths])
})

/** Starts a process. It ends with this one, at the latest when its input closes. */
async function begin(argv: readonly string[]): Promise<Process> {
  const [file = '', ...args] = argv
  const late = new AbortController()
  const pipe = WANTS_PIPE.test(argv.join(' ')) ? await openPipe() : undefined
  const running = execa(file, args, {
    stdin: pipe?.reading ?? 'pipe',
    reject: false,
    env: { LC_ALL: 'C' },
    cancelSignal: late.signal,
    stripFinalNewline: false,
  })
  pipe?.reading.destroy()
  const stdin = pipe?.writing ?? running.stdin
  let isAlive = true
  void running.then(() => {
    isAlive = false
    pipe?.giveBack()
  })
  return {
    isAlive: () => isAlive,
    tell: async (input) => {
      const timer = setTimeout(() => late.abort(), PATIENCE)
      stdin?.end(input)
      const { exitCode, stdout, stderr, shortMessage, isCanceled } = await running
      clearTimeout(timer)
      return { exitCode, stdout, stderr, shortMessage, timedOut: isCanceled }
    },
  }
}

/**
 * Passes on each line of a program that keeps printing, until the signal aborts. If this process is killed,
 * the program ends at its next output, which nobody reads any more (SIGPIPE).
 *
 * @returns why it ended, if it printed a reason
 */
export async function follow(
  [file = '', ...args]: readonly string[],
  hear: (line: string) => void,
  cancelSignal: AbortSignal,
): Promise<string> {
  const running = execa(file, args, {
    stdin: 'ignore',
    buffer: { stdout: false },
    reject: false,
    env: { LC_ALL: 'C' },
    cancelSignal,
  })
  // We split the output here: if execa delivered each line, a burst of a hundred lines would cost twice as
  // much.
  let rest = ''
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(hear)
  })
  return failureText(await running)
}

export const failureText = ({ timedOut, stderr, shortMessage }: Omit<Ended, 'stdout'>): string =>
  timedOut ? `no answer within ${PATIENCE / 1000} s` : stderr || shortMessage || 'failed without a word'
