import { type Flow, NOTHING_PASSED, type Passed } from '../../../lib/features/shaping/passed.ts'
import type { Shape } from '../../../lib/features/shaping/shape.ts'
import type { Readings } from '../../../lib/kernel/readings.ts'
import { OPEN } from '../../../lib/values/units.ts'
import type { Direction, Limits } from '../schema/components.ts'

/** The traffic that has passed in one direction until `at`, ms since 1970. */
interface Moment {
  readonly passed: Passed | undefined
  readonly at: number
}

/** @param shape absent where the direction has no limits */
export function limitsView(shape: Shape | undefined): Limits {
  const { netem } = shape ?? {}
  return {
    rate: shape && shape.rate < OPEN ? shape.rate : null,
    delay: netem?.delay ?? 0,
    jitter: netem?.jitter ?? 0,
    loss: netem ? meanLoss(netem) : 0,
    queue: shape?.queue.kind ?? null,
  }
}

/** @param before an earlier moment, to compute the rate from */
export function directionView(shape: Shape | undefined, now: Moment, before: Moment | undefined): Direction {
  const { bytes, packets, drops, backlog, loss } = now.passed ?? NOTHING_PASSED
  return {
    ...limitsView(shape),
    measured: rateBetween(before, now),
    bytes,
    packets,
    drops,
    dropped: shape ? { limit: drops - loss, loss, link: 0 } : { limit: 0, loss: 0, link: drops },
    backlog,
    at: now.at,
  }
}

/** The moments of each direction: now, and at an earlier reading. */
export function momentsOf(
  flowOf: (readings: Readings) => Flow,
  { readings, before }: { readonly readings: Readings; readonly before?: Readings },
): (way: keyof Flow) => [Moment, Moment | undefined] {
  const now = flowOf(readings)
  const then = before && flowOf(before)
  return (way) => [{ passed: now[way], at: readings.at }, before && { passed: then?.[way], at: before.at }]
}

/** bit/s; null if a counter was missing or went back, as after a link was recreated */
function rateBetween(before: Moment | undefined, now: Moment): number | null {
  if (!before?.passed || !now.passed || now.at <= before.at || now.passed.bytes < before.passed.bytes)
    return null
  return Math.round(((now.passed.bytes - before.passed.bytes) * 8000) / (now.at - before.at))
}

/**
 * Percent; for the Gilbert-Elliott model its stationary mean (tc-netem(8): defaults r = 1-p, 1-h = 100 %, 1-k
 * = 0 %).
 */
function meanLoss({ loss, lossModel }: NonNullable<Shape['netem']>): number {
  if (!lossModel) return loss
  const [p = 0, r = 100 - p, badLoss = 100, goodLoss = 0] = lossModel.percents
  if (lossModel.model !== 'gemodel') return p
  return p + r === 0 ? goodLoss : (p * badLoss + r * goodLoss) / (p + r)
}
