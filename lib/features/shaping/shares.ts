import { formatRate, LEAST_RATE } from '../../values/units.ts'

/** A member of a shared rate. */
export interface Claim {
  readonly id: string
  /** bit/s that it is guaranteed; absent: an equal part of what the others leave */
  readonly min?: number | undefined
}

/** bit/s: htb counts in whole bytes a second */
const SMALLEST = 8

/**
 * What each member has for itself out of a shared rate. The parts never come to more than the rate, which htb
 * would hand out all the same.
 *
 * Where nobody is guaranteed anything, each has the same least rate, so that a member's coming and going
 * changes no other's class; the rest is borrowed in turns, which is fair by itself.
 *
 * @param shared bit/s
 * @returns bit/s by id
 */
export function sharesOf(shared: number, claims: readonly Claim[]): Map<string, number> {
  const claimed = claims.reduce((sum, { min = 0 }) => sum + min, 0)
  const others = claims.filter(({ min }) => min === undefined).length
  const units = Math.floor((shared - claimed) / Math.max(1, others) / SMALLEST)
  const left = SMALLEST * Math.max(1, units)
  const part = claimed === 0 ? Math.min(LEAST_RATE, left) : left
  return new Map(claims.map(({ id, min }) => [id, min ?? part]))
}

/** @returns what is wrong with all guarantees together, or undefined */
export function sharesFault(shared: number, claims: readonly Claim[]): string | undefined {
  const claimed = claims.reduce((sum, { min = 0 }) => sum + min, 0)
  if (claimed <= shared) return undefined
  return `expected the members' guarantees to come to the network.rate of ${formatRate(shared)} at most, got ${formatRate(claimed)} together`
}
