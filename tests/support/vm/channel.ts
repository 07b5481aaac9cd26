import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** What the agent in the virtual machine is told: `id` names a program for as long as it runs. */
export type Request =
  | {
      readonly id: number
      readonly kind: 'start'
      readonly argv: readonly string[]
      readonly env: Readonly<Record<string, string>>
      readonly cwd: string
      readonly input: string
    }
  | { readonly id: number; readonly kind: 'signal'; readonly signal: NodeJS.Signals }

/** What it says. `status`: the exit status, the signal that ended the program, or why it was not started. */
export type Answer =
  | { readonly id: 0; readonly kind: 'ready' }
  | { readonly id: number; readonly kind: 'stdout' | 'stderr'; readonly text: string }
  | { readonly id: number; readonly kind: 'end'; readonly status: number | string }

export interface Ended {
  readonly status: number | string
  readonly stdout: string
  readonly stderr: string
}

/** A program in the virtual machine. */
export interface Remote {
  signal(name: NodeJS.Signals): void
  /** Resolves at its end, whatever the end. @throws {Error} when the machine dies first */
  readonly ended: Promise<Ended>
  readonly isRunning: () => boolean
  /** What it has written so far. */
  readonly stdout: () => string
  readonly stderr: () => string
}

export interface Channel {
  /** Resolves when the agent is there. */
  readonly ready: Promise<void>
  start(argv: readonly string[], env: Readonly<Record<string, string>>, cwd: string, input: string): Remote
  /** Ends every wait, with this error. */
  fail(error: Error): void
}

interface Job {
  stdout: string
  stderr: string
  running: boolean
  readonly settle: PromiseWithResolvers<Ended>
}

/** Talks to the agent by way of what is at the other end of the machine's serial port. */
export function openChannel(input: Readable, output: Writable): Channel {
  const jobs = new Map<number, Job>()
  const ready = Promise.withResolvers<void>()
  let failure: Error | undefined
  let last = 0

  function fail(error: Error): void {
    failure ??= error
    ready.reject(failure)
    for (const job of jobs.values()) {
      job.running = false
      job.settle.reject(failure)
    }
    jobs.clear()
  }

  function hear(answer: Answer): void {
    const job = jobs.get(answer.id)
    if (answer.kind === 'ready') ready.resolve()
    else if (answer.kind !== 'end' && job) job[answer.kind] += answer.text
    else if (answer.kind === 'end' && job) {
      jobs.delete(answer.id)
      job.running = false
      job.settle.resolve({ status: answer.status, stdout: job.stdout, stderr: job.stderr })
    }
  }

  const say = (request: Request): unknown => output.write(`${JSON.stringify(request)}\n`)
  // Whoever ends the machine says why; the stream only knows that it is closed.
  output.on('error', () => {})
  createInterface({ input }).on('line', (line) => hear(JSON.parse(line)))
  // Somebody may wait for neither.
  ready.promise.catch(() => {})

  return {
    ready: ready.promise,
    fail,
    start(argv, env, cwd, input) {
      if (failure) throw failure
      const id = ++last
      const job: Job = { stdout: '', stderr: '', running: true, settle: Promise.withResolvers() }
      job.settle.promise.catch(() => {})
      jobs.set(id, job)
      say({ id, kind: 'start', argv, env, cwd, input })
      return {
        signal: (signal) => say({ id, kind: 'signal', signal }),
        ended: job.settle.promise,
        isRunning: () => job.running,
        stdout: () => job.stdout,
        stderr: () => job.stderr,
      }
    },
  }
}
