import { setTimeout } from 'node:timers/promises'
import type { Readings } from '../../../lib/kernel/readings.ts'

/** A reading, and an earlier one to tell rates from. */
export interface Sample {
  readonly readings: Readings
  readonly before?: Readings
}

/**
 * ms: who asks within this time of a reading gets that reading. Below a second, so that who asks every second
 * gets a new one.
 */
const FRESH = 900
/** ms: rates are told from readings at least so far apart, so that a slow link's few packets make a rate */
const APART = 400
/** ms: a rate over a longer time would say nothing of now */
const STALE = 10_000
/** ms between two readings that are made for one who asks alone */
const PAUSE = 100

/**
 * Reads counters, and keeps what was read: rates are those since a reading 0.4 to 10 seconds ago. Where
 * nobody has asked that lately, they are those of the 0.1 s between two readings.
 */
export function createSampler(read: () => Promise<Readings>, now: () => number = Date.now) {
  let kept: readonly Readings[] = []
  let latest: Sample | undefined
  let running: Promise<Sample> | undefined

  const keep = async (): Promise<Readings> => {
    const readings = await read()
    const recent = kept.filter(({ at }) => readings.at - at <= STALE && at <= readings.at)
    const last = recent.at(-1)
    // One that is too near its neighbour would only take the room of one that rates can be told from.
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
