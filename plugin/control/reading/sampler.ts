import { setTimeout } from 'node:timers/promises'
import type { Readings } from '../../../lib/kernel/readings.ts'

/** A reading, and an earlier one to compute rates from. */
export interface Sample {
  readonly readings: Readings
  readonly before?: Readings
}

/**
 * ms for which a reading is reused. Below a second, so that a client that asks every second gets a new one.
 */
const FRESH = 900
/** ms: least time between the two readings of a rate, so that a slow link's few packets still make a rate */
const APART = 400
/** ms: a rate over a longer time would not describe the present */
const STALE = 10_000
/** ms between the two readings for a client when no earlier reading can be used */
const PAUSE = 100

/**
 * Reads counters and keeps the readings. Rates cover the time since a reading 0.4 to 10 seconds ago. If there
 * is none, they cover the 0.1 s between two new readings.
 */
export function createSampler(read: () => Promise<Readings>, now: () => number = Date.now) {
  let kept: readonly Readings[] = []
  let latest: Sample | undefined
  let running: Promise<Sample> | undefined

  const keep = async (): Promise<Readings> => {
    const readings = await read()
    const recent = kept.filter(({ at }) => readings.at - at <= STALE && at <= readings.at)
    const last = recent.at(-1)
    // A reading too close to the last would only replace one that rates can be computed from.
    kept = last && readings.at - last.at < APART ? recent : [...recent.slice(-1), readings]
    return readings
  }
  const earlier = ({ at }: Readings): Readings | undefined =>
    kept.findLast((one) => at - one.at >= APART && at - one.at <= STALE)

  const take = async (): Promise<Sample> => {
    const first = await keep()
    const before = earlier(first)
    if (before) return { readings: first, before }
    await setTimeout(PAUSE)
    return { readings: await read(), before: first }
  }

  return async (): Promise<Sample> => {
    const age = latest ? now() - latest.readings.at : Number.POSITIVE_INFINITY
    if (latest && age >= 0 && age < FRESH) return latest
    running ??= take().finally(() => {
      running = undefined
    })
    latest = await running
    return latest
  }
}
