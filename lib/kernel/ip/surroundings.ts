import { overlaps, parseSubnet, type Subnet } from '../../values/addresses.ts'
import type { Host } from '../host.ts'

/**
 * What the host has already, for a new network to keep clear of.
 *
 * Read from /proc, whose tables are older than `ip -j` and cost no process: a network's making waits for
 * this.
 */
export interface Surroundings {
  /** every route but the default one, and the host's own addresses */
  readonly taken: readonly Place[]
  /** names of the devices that routes with a gateway leave by */
  readonly outward: readonly string[]
  /** names of links */
  readonly links: ReadonlySet<string>
  /** bytes: the MTU of the device that the default route leaves by, or 1500 */
  readonly mtu: number
}

/** A destination of the host's. */
export interface Place {
  readonly subnet: Subnet
  /** behind a gateway, rather than on one of the host's links */
  readonly behind?: boolean
  /** of addresses that are the host's own, or another network's altogether */
  readonly own?: boolean
}

/**
 * Whether a network with that subnet would take a part of the place from the host. A wider route keeps what
 * is left of it: the kernel takes the longest prefix, so that a tunnel for everything is in nobody's way.
 */
export const isTaken = ({ subnet: taken, own }: Place, wanted: Subnet): boolean =>
  overlaps(taken, wanted) && (own === true || taken.prefix >= wanted.prefix)

/** @throws {InvalidRequestError} if /proc is not what it is on Linux */
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

/** A device's MTU; sysfs may be another namespace's, the IPv6 setting follows the device's own. */
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
 * @returns the default route's device, and all that routes with a gateway leave by
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

/** The kernel takes names that no rule can be written with; nobody gives them to a device that leads out. */
export const isPlain = (name: string): boolean => /^[\w.:-]+$/.test(name)

/** Not the default route, not multicast or link-local, which every host has. */
const isPlace = ({ family, base, prefix }: Subnet): boolean =>
  prefix > 0 && (family === 4 ? base >> 28n !== 0xen : base >> 118n !== 0x3fan && base >> 120n !== 0xffn)
