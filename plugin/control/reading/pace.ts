import { setImmediate } from 'node:timers/promises'

/** ms that a long computation may run without a pause */
const TURN = 5

/**
 * Lets other work run once the computation has used up its time. Await it between two parts of the
 * computation.
 */
export function createPace(): () => Promise<void> {
  let began = performance.now()
  return async () => {
    if (performance.now() - began < TURN) return
    await setImmediate()
    began = performance.now()
  }
}
