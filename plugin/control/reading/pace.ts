import { setImmediate } from 'node:timers/promises'

/** ms that a long computation may take at once */
const TURN = 5

/**
 * Lets what else is waiting have its turn, once the computation has had its own. Awaited between two parts of
 * it.
 */
export function createPace(): () => Promise<void> {
  let began = performance.now()
  return async () => {
    if (performance.now() - began < TURN) return
    await setImmediate()
    began = performance.now()
  }
}
