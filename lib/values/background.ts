import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from './errors.ts'

/** Work that a call has left to be done, and how far it is. */
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

/** Owns what runs beside calls: nothing starts without it, and stop() waits for all of it. */
export class Background {
  readonly #warn: (text: string) => void
  readonly #end = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #left = new Map<string, Left>()

  /** @param warn told what failed, and why */
  constructor(warn: (text: string) => void) {
    this.#warn = warn
  }

  /**
   * Starts work at once.
   *
   * @param name of the work, for the warning that it failed
   * @param work gets a signal that aborts once the process is to end
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
   * Leaves work to be begun once the call that asks for it has been answered, or as soon as somebody waits
   * for it with finished(), who then also gets its failure.
   *
   * @param last what the call waits for last. Its answer is written in the turn of the event loop in which
   *   this ends, and an immediate comes after that turn.
   */
  later(key: string, work: () => Promise<void>, last: Promise<unknown> = Promise.resolve()): void {
    const left = new Left(work)
    this.#left.set(key, left)
    this.start(key, async (signal) => {
      await last.catch(() => undefined)
      await nextTurn()
      // The failure is for whoever waits.
      if (!signal.aborted && this.#left.get(key) === left) await left.begin().catch(() => undefined)
    })
  }

  /**
   * Waits for what later() left to be done, and tries once more what failed.
   *
   * @throws what that failed with
   */
  async finished(key: string): Promise<void> {
    const left = this.#left.get(key)
    if (left === undefined) return
    await left.begin().catch(left.work)
    if (this.#left.get(key) === left) this.#left.delete(key)
  }

  /**
   * Waits for all that later() left to be done, as finished() does. What fails is left for the next that
   * waits.
   */
  async allFinished(): Promise<void> {
    await Promise.allSettled([...this.#left.keys()].map((key) => this.finished(key)))
  }

  /** Forgets what later() left to be done, unless it has begun. */
  drop(key: string): void {
    this.#left.delete(key)
  }

  /**
   * Aborts, and waits for the end of what has begun. What later() left to be done does not begin any more.
   */
  async stop(): Promise<void> {
    this.#end.abort()
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}

/** Waits without keeping the process alive. @returns false at once when the signal aborts */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal, ref: false }).catch(() => false)
