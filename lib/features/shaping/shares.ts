import { formatRate, LEAST_RATE } from '../../values/units.ts'

/** A member of a shared rate. */
export interface Claim {
  readonly id: string
  /** bit/s that it is guaranteed; absent for an equal part of what the others leave */
  readonly min?: number | undefined
}

/** bit/s: htb counts in whole bytes a second */
const SMALLEST = 8

/**
 * Divides a shared rate among its members. The sum of the parts never exceeds the rate, because htb would
 * send at the sum regardless.
 *
 * If no member has a guarantee, all get the same least rate, so that a member that comes or goes changes no
 * other's class. They borrow the rest in turns, which is fair by itself.
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

/** @returns what is wrong with the sum of the guarantees, or undefined */
export function sharesFault(shared: number, claims: readonly Claim[]): string | undefined {
  const claimed = claims.reduce((sum, { min = 0 }) => sum + min, 0)
  if (claimed <= shared) return undefined
  return `expected the members' guarantees to come to the network.rate of ${formatRate(shared)} at most, got ${formatRate(claimed)} together`
}
