import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from './errors.ts'

/** Work that a call has deferred, and its progress. */
class Left {
  readonly work: () => Promise<void>
  #begun: Promise<void> | undefined
  constructor(work: () => Promise<void>) {
    this.work = work
  }
  begin(): Promise<void> {
    this.#begun ??= this.work()
    return this.#begun
  }
}

/** Owns all background work: none starts without it, and stop() waits for all of it. */
export class Background {
  readonly #warn: (text: string) => void
  readonly #end = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #left = new Map<string, Left>()

  /** @param warn receives a text: what failed, and why */
  constructor(warn: (text: string) => void) {
    this.#warn = warn
  }

  /**
   * Starts work at once.
   *
   * @param name names the work in the warning that it failed
   * @param work receives a signal that aborts when stop() is called
   */
  start(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    const run = async (): Promise<void> => {
      try {
        await work(this.#end.signal)
      } catch (error) {
        this.#warn(`${name} failed: ${messageOf(error)}`)
      }
    }
    const running = run().finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /**
   * Defers work until the call that asked for it has been answered, or until somebody waits for it with
   * finished(), which then also throws the work's error.
   *
   * @param last the promise that the call awaits last. The call's answer is written in the turn of the event
   *   loop in which this promise settles, and an immediate runs after that turn.
   */
  later(key: string, work: () => Promise<void>, last: Promise<unknown> = Promise.resolve()): void {
    const left = new Left(work)
    this.#left.set(key, left)
    this.start(key, async (signal) => {
      await last.catch(() => undefined)
      await nextTurn()
      // finished() retries the work and throws its error; ignore it here.
      if (!signal.aborted && this.#left.get(key) === left) await left.begin().catch(() => undefined)
    })
  }

  /**
   * Waits for the work that later() deferred. If it failed, runs it once more.
   *
   * @throws the error of that second attempt
   */
  async finished(key: string): Promise<void> {
    const left = this.#left.get(key)
    if (left === undefined) return
    await left.begin().catch(left.work)
    if (this.#left.get(key) === left) this.#left.delete(key)
  }

  /**
   * Waits for all work that later() deferred, as finished() does. Work that fails stays for the next caller
   * that waits.
   */
  async allFinished(): Promise<void> {
    await Promise.allSettled([...this.#left.keys()].map((key) => this.finished(key)))
  }

  /** Forgets the work that later() deferred. Work that has begun carries on. */
  drop(key: string): void {
    this.#left.delete(key)
  }

  /** Aborts, and waits for all work that has begun. Deferred work that has not begun never runs. */
  async stop(): Promise<void> {
    this.#end.abort()
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}

/** Waits without keeping the process alive. @returns false at once when the signal aborts */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal, ref: false }).catch(() => false)
