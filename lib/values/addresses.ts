import { Address4, Address6 } from 'ip-address'
import { InvalidRequestError } from './errors.ts'
import { type Family, familyOf } from './families.ts'

/** A subnet: its first address as a number, its prefix length and its family. */
export interface Subnet {
  readonly family: Family
  readonly base: bigint
  readonly prefix: number
}

/** An address as a number, and its family. */
export interface Address {
  readonly family: Family
  readonly value: bigint
}

export const width = (family: Family): number => (family === 4 ? 32 : 128)

const parseAny = (text: string): Address4 | Address6 => {
  try {
    return familyOf(text) === 6 ? new Address6(text) : new Address4(text)
  } catch {
    throw new InvalidRequestError(
      `expected an address such as 10.0.0.1 or fd00::1, got "${text.slice(0, 60)}"`,
    )
  }
}

/**
 * @param text `10.0.0.0/24` or `fd00::/64`; bits after the prefix are cleared; a bare address gives a subnet
 *   of one address
 * @throws {InvalidRequestError}
 */
export function parseSubnet(text: string): Subnet {
  const address = parseAny(text)
  const family = familyOf(text)
  const rest = BigInt(width(family) - address.subnetMask)
  return { family, base: (address.bigInt() >> rest) << rest, prefix: address.subnetMask }
}

/**
 * Reads an address as a number. A prefix length after it is ignored.
 *
 * @throws {InvalidRequestError}
 */
export const parseAddress = (text: string): Address => {
  const address = parseAny(text)
  return { family: familyOf(text), value: address.bigInt() }
}

/** The bytes of an address, most significant first: 4 or 16. */
export const addressBytes = (text: string): number[] => {
  const { family, value } = parseAddress(text)
  return Array.from({ length: width(family) / 8 }, (_, index) =>
    Number((value >> BigInt(width(family) - 8 * (index + 1))) & 0xffn),
  )
}

/** Canonical text of an address: dotted for IPv4, RFC 5952 for IPv6. */
export const formatAddress = (family: Family, value: bigint): string =>
  family === 4 ? Address4.fromBigInt(value).correctForm() : Address6.fromBigInt(value).correctForm()

export const formatSubnet = ({ family, base, prefix }: Subnet): string =>
  `${formatAddress(family, base)}/${prefix}`

/** The last address of a subnet. */
export const lastOf = ({ family, base, prefix }: Subnet): bigint =>
  base + (1n << BigInt(width(family) - prefix)) - 1n

export const overlaps = (a: Subnet, b: Subnet): boolean =>
  a.family === b.family && a.base <= lastOf(b) && b.base <= lastOf(a)

export const contains = (subnet: Subnet, value: bigint): boolean =>
  subnet.base <= value && value <= lastOf(subnet)

/** The address without its prefix length: `10.0.0.1/24` gives `10.0.0.1`. */
export const bare = (cidr: string): string => cidr.split('/')[0] as string

/** Whether all of `inner` is in `outer`. */
const isWithin = (inner: Subnet, outer: Subnet): boolean =>
  inner.prefix >= outer.prefix && overlaps(inner, outer)

/**
 * Blocks whose addresses no container can have (RFC 6890, RFC 4291), or whose first address the kernel treats
 * as "any".
 */
const UNUSABLE: readonly (readonly [block: string, words: string, overlap?: true])[] = [
  ['0.0.0.0/32', 'begins with 0.0.0.0, to which the kernel makes no route', true],
  ['127.0.0.0/8', 'is loopback'],
  ['224.0.0.0/4', 'is multicast'],
  ['::/96', 'has the unspecified address and loopback in it', true],
  ['::ffff:0:0/96', 'is IPv4 in the clothes of IPv6'],
  ['ff00::/8', 'is multicast'],
]

/** @returns why containers cannot have addresses from that subnet, or undefined if they can */
export function subnetFault(subnet: Subnet): string | undefined {
  const found = UNUSABLE.find(([block, , overlap]) =>
    overlap ? overlaps(subnet, parseSubnet(block)) : isWithin(subnet, parseSubnet(block)),
  )
  return found && `${found[1]}: expected a subnet that containers can have addresses of`
}
