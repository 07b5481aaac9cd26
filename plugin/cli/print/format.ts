import { formatDuration, formatRate } from '../../../lib/values/units.ts'
import type { Direction } from '../../control/schema/components.ts'

/** What stands for nothing in a cell. */
export const NONE = '-'

/** Three digits are as many as a measurement is worth. */
export function formatMeasured(rate: number | undefined): string {
  if (rate === undefined) return NONE
  return rate < 1000 ? `${Math.round(rate)}bit` : formatRate(Number(rate.toPrecision(3)))
}

export const formatCap = (rate: number | null | undefined): string =>
  rate === undefined || rate === null ? NONE : formatRate(rate)

const formatPercent = (percent: number): string => `${Number(percent.toFixed(4))}%`

/** @param size bytes, printed in tc's units of 1024 */
export function formatSize(size: number): string {
  for (const [unit, scale] of [
    ['gib', 2 ** 30],
    ['mib', 2 ** 20],
    ['kib', 2 ** 10],
  ] as const)
    if (size >= scale) return `${Number((size / scale).toPrecision(3))}${unit}`
  return `${size}b`
}

export const formatDelay = ({ delay, jitter }: Pick<Direction, 'delay' | 'jitter'>): string =>
  delay === 0 && jitter === 0
    ? NONE
    : `${formatDuration(delay)}${jitter === 0 ? '' : `±${formatDuration(jitter)}`}`

export const formatLoss = ({ loss }: Pick<Direction, 'loss'>): string =>
  loss === 0 ? NONE : formatPercent(loss)

/** One text where both directions have the same, else `up/down`. */
export const formatBoth = (up: string, down: string): string => (up === down ? up : `${up}/${down}`)
