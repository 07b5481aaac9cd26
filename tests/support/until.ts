import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** ms before the wait is given up; 30 s by default. */
  readonly timeout?: number
  /** ms between two looks; 50 by default. */
  readonly every?: number
  /** Says why it is no use to wait on, if so. */
  readonly hopeless?: () => string | false
}

/**
 * Calls `look` again and again until it gives something truthy, and gives that. A throw counts as "not yet".
 *
 * @throws {Error} after `timeout`, or once it is hopeless, naming `what` was waited for, caused by the last
 * throw of `look`
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeout = 30_000, every = 50, hopeless = () => false }: UntilOptions = {},
): Promise<T> {
  const end = Date.now() + timeout
  let cause: unknown
  do {
    try {
      const seen = await look()
      if (seen) return seen
    } catch (error) {
      cause = error
    }
    const reason = hopeless()
    if (reason) throw new Error(`gave up waiting for ${what}: ${reason}`, { cause })
    await sleep(every)
  } while (Date.now() < end)
  throw new Error(`gave up after ${timeout / 1000} s waiting for ${what}: ${cause ?? 'it did not come'}`, {
    cause,
  })
}
