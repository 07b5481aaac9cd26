import { overlaps, parseSubnet, type Subnet } from '../../values/addresses.ts'
import type { Host } from '../host.ts'

/**
 * What the host has already, and a new network must not conflict with.
 *
 * We read it from /proc, whose tables are older than `ip -j` and need no process: creating a network waits
 * for it.
 */
export interface Surroundings {
  /** every route but the default one, and the host's own addresses */
  readonly taken: readonly Place[]
  /** names of the devices of routes with a gateway */
  readonly outward: readonly string[]
  /** names of links */
  readonly links: ReadonlySet<string>
  /** bytes: the MTU of the default route's device, or 1500 */
  readonly mtu: number
}

/** A destination in the host's routing tables. */
export interface Place {
  readonly subnet: Subnet
  /** behind a gateway, rather than on one of the host's links */
  readonly behind?: boolean
  /** true for the host's own addresses, and for another network's whole subnet */
  readonly own?: boolean
}

/**
 * Whether a network with that subnet would take addresses of the place away from the host. A wider route does
 * not count: it keeps its other addresses, because the kernel takes the longest prefix. A tunnel for
 * everything thus blocks no network.
 */
export const isTaken = ({ subnet: taken, own }: Place, wanted: Subnet): boolean =>
  overlaps(taken, wanted) && (own === true || taken.prefix >= wanted.prefix)

/** @throws {InvalidRequestError} if /proc does not have Linux's format */
export async function surroundings(host: Host): Promise<Surroundings> {
  const [trie = '', routes = '', routes6 = '', devices = ''] = await Promise.all(
    ['fib_trie', 'route', 'ipv6_route', 'dev'].map((name) => host.read(`/proc/net/${name}`)),
  )
  const places = [...parseTrie(trie), ...parseRoutes6(routes6).places].filter(({ subnet }) => isPlace(subnet))
  const { out, gateways } = parseRoutes(routes)
  return {
    taken: places,
    outward: [...new Set([...gateways, ...parseRoutes6(routes6).gateways])].filter(isPlain),
    links: new Set([...devices.matchAll(/^\s*([^\s:|]+):/gm)].map(([, name]) => name as string)),
    mtu: out === undefined ? 1500 : await mtuOf(host, out),
  }
}

/** A device's MTU. sysfs may belong to another namespace; the IPv6 setting follows the device's MTU. */
async function mtuOf(host: Host, device: string): Promise<number> {
  const [own, ipv6] = await Promise.all([
    host.read(`/sys/class/net/${device}/mtu`),
    host.read(`/proc/sys/net/ipv6/conf/${device}/mtu`),
  ])
  return Number(own ?? ipv6 ?? 1500)
}

/**
 * IPv4 destinations of every routing table.
 *
 *     Main:
 *          |-- 10.0.0.0
 *             /24 link UNICAST
 *
 * @param text /proc/net/fib_trie (net/ipv4/fib_trie.c, fib_trie_seq_show)
 */
export function parseTrie(text: string): Place[] {
  const places: Place[] = []
  let address = ''
  for (const line of text.split('\n')) {
    const leaf = /^\s*\|-- ([\d.]+)$/.exec(line)
    if (leaf) address = leaf[1] as string
    const [, prefix, scope, type] = /^\s*\/(\d+) (\w+) (\w+)/.exec(line) ?? []
    if (prefix && type !== 'BROADCAST' && type !== 'MULTICAST')
      places.push({
        subnet: parseSubnet(`${address}/${prefix}`),
        behind: scope === 'universe',
        own: type === 'LOCAL',
      })
  }
  return places
}

const GATEWAY_FLAG = 0x2
/** RTF_LOCAL (include/uapi/linux/ipv6_route.h) */
const LOCAL_FLAG = 0x80000000

/**
 * IPv4 routes of the main table.
 *
 * @param text /proc/net/route: Iface, Destination, Gateway, Flags, RefCnt, Use, Metric, Mask …, numbers in
 *   hexadecimal
 * @returns the default route's device, and the devices of all routes with a gateway
 */
export function parseRoutes(text: string): { out: string | undefined; gateways: string[] } {
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(({ length }) => length >= 8)
  const defaults = rows
    .filter(
      ([, destination, , , , , , mask]) => Number(`0x${destination}`) === 0 && Number(`0x${mask}`) === 0,
    )
    .toSorted((a, b) => Number(a[6]) - Number(b[6]))
  const gateways = rows
    .filter(([, , , flags]) => Number(`0x${flags}`) & GATEWAY_FLAG)
    .map(([device]) => device as string)
  return { out: defaults[0]?.[0], gateways }
}

/**
 * IPv6 destinations of every table.
 *
 * @param text /proc/net/ipv6_route: destination, prefix length, source, its length, next hop, metric,
 *   references, use, flags, device, numbers in hexadecimal
 */
export function parseRoutes6(text: string): { places: Place[]; gateways: string[] } {
  const rows = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(({ length }) => length === 10)
  const has = (flags: string | undefined, flag: number) => (Number(`0x${flags}`) & flag) !== 0
  return {
    gateways: rows
      .filter(([, , , , , , , , flags]) => has(flags, GATEWAY_FLAG))
      .map((row) => row[9] as string),
    places: rows.map(([destination = '', prefix = '', , , , , , , flags]) => ({
      subnet: parseSubnet(`${destination.match(/.{4}/g)?.join(':')}/${Number(`0x${prefix}`)}`),
      behind: has(flags, GATEWAY_FLAG),
      own: has(flags, LOCAL_FLAG),
    })),
  }
}

/**
 * Whether a rule can contain the name. The kernel allows others, but nobody gives them to a device that leads
 * out.
 */
export const isPlain = (name: string): boolean => /^[\w.:-]+$/.test(name)

/** Excludes the default route, and multicast and link-local, which every host has. */
const isPlace = ({ family, base, prefix }: Subnet): boolean =>
  prefix > 0 && (family === 4 ? base >> 28n !== 0xen : base >> 118n !== 0x3fan && base >> 120n !== 0xffn)
