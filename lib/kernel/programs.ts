import { execa } from 'execa'
import { createPipes } from './pipes.ts'

/** How a program ended, and what it said. */
export interface Ended {
  readonly exitCode?: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  readonly shortMessage?: string | undefined
}

/** Runs a program to its end. */
export type Start = (program: string, args: readonly string[], input?: string) => Promise<Ended>

/** ms that a program has for what it was told */
const PATIENCE = 30_000
/**
 * ms without another need of a program. Whoever waits for an answer has it by then: to begin a process stops
 * this one for 3 ms, which no answer should wait for.
 */
const QUIET = 150

/** What reads from its input all that it is to do, and can be begun before that is known. */
const WAITS = ['ip -j -batch -', 'tc -j -batch -', 'nft -f -']

/** @param prefix put before every program */
export const starter =
  (prefix: readonly string[]): Start =>
  async (program, args, input = '') =>
    (await begin([...prefix, program, ...args])).tell(input)

/**
 * A starter that keeps a process of each kind waiting once there was need of one: a fork of this process
 * takes 3 ms for which it stands still, and the program 2 ms more to begin.
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

  /** The one that waits, or one that begins now. The next begins once there has been no need for a while. */
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

/** A process that has begun. */
interface Process {
  readonly isAlive: () => boolean
  /** Gives it all of its input, and waits for its end. */
  readonly tell: (input: string) => Promise<Ended>
}

/** What takes no socket for its input; see pipes.ts. */
const WANTS_PIPE = /(?:^| )nft -f -$/

const openPipe = createPipes(async (paths) => {
  await execa('mkfifo', ['-m', '600', ...paths])
})

/** It ends with this process: by its input's end if by nothing else. */
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
 * Hears the lines of a program that goes on and on, until the signal. Should this process be killed, the
 * program ends with what it prints next: nobody reads it any more (SIGPIPE).
 *
 * @returns why it ended, as far as it said
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
  // Line by line for itself would cost as much again as all else that a hundred of them make us do.
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
