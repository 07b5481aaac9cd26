import {
  contains,
  formatAddress,
  formatSubnet,
  lastOf,
  overlaps,
  parseSubnet,
  type Subnet,
  width,
} from './addresses.ts'
import { InvalidRequestError } from './errors.ts'
import type { Family } from './families.ts'

/** A range of addresses from which we cut subnets of one size: `10.128.0.0/9:26`. */
export interface PoolSource {
  readonly within: Subnet
  /** prefix length of the subnets cut */
  readonly prefix: number
}

/**
 * @param text `BASE/len:size,…`, such as `10.128.0.0/9:26,fd00::/8:64`
 * @throws {InvalidRequestError}
 */
export function parsePoolSources(text: string): PoolSource[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const match = /^\s*([\da-fA-F.:]+\/\d+):(\d+)\s*$/.exec(part)
      if (!match) throw new InvalidRequestError(`ADDRESS_POOLS: expected BASE/len:size, got "${part.trim()}"`)
      const within = parseSubnet(match[1] as string)
      const prefix = Number(match[2])
      if (prefix < within.prefix || prefix > width(within.family) - 2)
        throw new InvalidRequestError(
          `ADDRESS_POOLS: expected a size from ${within.prefix} to ${width(within.family) - 2}, got "${part.trim()}"`,
        )
      return { within, prefix }
    })
}

/** A range of addresses that is in use. */
export interface Used {
  readonly subnet: Subnet
  /** true: all of it is in use; otherwise it is a route, from which we may cut a narrower subnet */
  readonly own?: boolean
}

/**
 * The lowest subnet in the sources that overlaps nothing in use, or undefined. If routes cover all the
 * sources, as those of a tunnel do, we ignore the widest routes first.
 */
export function cutSubnet(
  sources: readonly PoolSource[],
  family: Family,
  used: readonly Used[],
): Subnet | undefined {
  const fitting = sources.filter(({ within }) => within.family === family)
  const widths = new Set(used.flatMap(({ subnet, own }) => (own ? [] : [subnet.prefix])))
  for (const least of [0, ...[...widths].map((prefix) => prefix + 1).toSorted((a, b) => a - b)]) {
    const kept = used.filter(({ subnet, own }) => own || subnet.prefix >= least)
    const found = cutFree(
      fitting.filter(({ prefix }) => prefix >= least),
      kept.map(({ subnet }) => subnet),
    )
    if (found) return found
  }
  return undefined
}

/**
 * Skips past each taken subnet in turn, so the work depends on how many there are, not on the size of the
 * space.
 */
function cutFree(sources: readonly PoolSource[], taken: readonly Subnet[]): Subnet | undefined {
  for (const { within, prefix } of sources) {
    const { family } = within
    const size = 1n << BigInt(width(family) - prefix)
    const near = taken
      .filter((subnet) => overlaps(subnet, within))
      .toSorted((a, b) => (a.base < b.base ? -1 : 1))
    let base = within.base
    for (const subnet of near) {
      if (base + size - 1n < subnet.base) break
      const behind = lastOf(subnet) + 1n
      if (behind > base) base = ((behind + size - 1n) / size) * size
    }
    if (base + size - 1n <= lastOf(within)) return { family, base, prefix }
  }
  return undefined
}

/**
 * The addresses of a subnet that we may assign: neither IPv4's first and last (except in a /31 or /32), nor
 * IPv6's first (RFC 4291 2.6.1).
 */
export function usable(subnet: Subnet): { first: bigint; last: bigint } {
  const first = subnet.base
  const last = lastOf(subnet)
  const tiny = width(subnet.family) - subnet.prefix < 2
  if (tiny) return { first, last }
  return { first: first + 1n, last: subnet.family === 4 ? last - 1n : last }
}

/**
 * The addresses that we may assign when the caller names none: the range, less those that its subnet
 * reserves.
 */
export function automatic(subnet: Subnet, range: Subnet): { first: bigint; last: bigint } {
  const all = usable(subnet)
  const part = { first: range.base, last: lastOf(range) }
  return {
    first: part.first > all.first ? part.first : all.first,
    last: part.last < all.last ? part.last : all.last,
  }
}

/** @throws {InvalidRequestError} if the subnet cannot assign the address */
export function checkAddress(subnet: Subnet, family: Family, value: bigint): void {
  const { first, last } = usable(subnet)
  if (family === subnet.family && contains(subnet, value) && value >= first && value <= last) return
  throw new InvalidRequestError(
    `address ${formatAddress(family, value)}: expected one of ${formatSubnet(subnet)}, from ${formatAddress(subnet.family, first)} to ${formatAddress(subnet.family, last)}`,
  )
}
