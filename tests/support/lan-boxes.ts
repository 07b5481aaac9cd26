import type { Lan } from './lan.ts'
import { lineOf, type Target } from './scan.ts'

/** Ports on which every container listens, and one on which it does for itself alone. */
export const OWN = { first: 7000, last: 7009, local: 7010 }
/** Ports that the host serves on itself, once the first box is gone. */
export const FREED = { first: 8000, last: 8002, local: 8003 }
/** Ports of the host that are tried. */
const HOSTS = { first: 8000, last: 8029 }

const range = ({ first, last }: { readonly first: number; readonly last: number }): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** A `-p`. */
interface Port {
  readonly proto: Target[0]
  readonly hostPort: number
  readonly port: number
  /** address of the host; any if undefined */
  readonly host: string | undefined
}

const tcp = (hostPort: number, port: number, host?: string): Port => ({ proto: 'tcp', hostPort, port, host })
const udp = (...args: Parameters<typeof tcp>): Port => ({ ...tcp(...args), proto: 'udp' })

/** A network with one container. */
export interface Box {
  readonly name: string
  readonly ports: readonly Port[]
  /** `-o` of `docker network create` */
  readonly options?: readonly string[]
  readonly internal?: true
  readonly ipv6?: true
  /** address of the host where a port names none; any if undefined */
  readonly binding?: string
  /** where the LAN reaches published ports: at the host's addresses, at the container's own, or both */
  readonly at: readonly ('host' | 'own')[]
  /** the container's own addresses answer on every port that it listens on */
  readonly exposed?: true
}

const bridge = 'com.docker.network.bridge'
const modes = (name: string) => [4, 6].map((family) => `${bridge}.gateway_mode_ipv${family}=${name}`)
const pair = (hostPort: number) => [tcp(hostPort, 7000), udp(hostPort + 1, 7001)]

/** Each way to publish a port, or not to. */
export const boxes = ({ hosts: [, second], hosts6: [, second6], link }: Lan): readonly Box[] => [
  { name: 'nat', ipv6: true, at: ['host'], ports: natPorts(second, second6) },
  { name: 'four', at: ['host'], ports: [...pair(8010), tcp(8005, 7002, '127.0.0.1')] },
  { name: 'quiet', ipv6: true, at: [], ports: [] },
  { name: 'inner', internal: true, ipv6: true, at: [], ports: pair(8012) },
  {
    name: 'routed',
    options: modes('routed'),
    ipv6: true,
    at: ['own'],
    ports: [...pair(8014), tcp(8016, OWN.local)],
  },
  {
    name: 'exposed',
    options: modes('nat-unprotected'),
    ipv6: true,
    at: ['host'],
    exposed: true,
    ports: pair(8018),
  },
  { name: 'alone', options: [`${bridge}.enable_icc=false`], ipv6: true, at: ['host'], ports: pair(8020) },
  {
    name: 'trusting',
    options: [`${bridge}.trusted_host_interfaces=${link}`],
    ipv6: true,
    at: ['host', 'own'],
    ports: pair(8022),
  },
  {
    name: 'bound',
    options: [`${bridge}.host_binding_ipv4=${second}`],
    binding: second,
    at: ['host'],
    ports: pair(8024),
  },
]

const natPorts = (second: string, second6: string): Port[] => [
  ...[tcp(8000, 7000), udp(8000, 7000), tcp(8001, 7001), udp(8002, 7002)],
  ...[tcp(8003, 7003, '127.0.0.1'), udp(8003, 7003, '127.0.0.1'), tcp(8004, 7004, '::1')],
  ...[tcp(8005, 7005, second), udp(8005, 7005, second), tcp(8006, 7006, second6), udp(8006, 7006, second6)],
  // Nobody but the container itself is listened to there.
  tcp(8007, OWN.local),
  // A port of the host with a number that the container has as well.
  tcp(7001, 7002),
]

/** `-p` and the rest, for `docker run`. */
export const publishing = ({ ports }: Box): string[] =>
  ports.flatMap(({ proto, host, hostPort, port }) => {
    const at = host?.includes(':') ? `[${host}]:` : host === undefined ? '' : `${host}:`
    return ['-p', `${at}${hostPort}:${port}/${proto}`]
  })

/** All ports of these addresses that anything may answer on. */
export const targetsOf = (addresses: readonly string[]): Target[] =>
  addresses.flatMap((address) =>
    (['tcp', 'udp'] as const).flatMap((proto) =>
      [...range(OWN), OWN.local, ...range(HOSTS)].map((port): Target => [proto, address, port]),
    ),
  )

/** What a box's addresses are, and the host's. */
interface Addresses {
  readonly own: readonly string[]
  readonly hosts: readonly string[]
  /** of the host's, the IPv6 address that it sends to the LAN from where nobody names one */
  readonly preferred6: string
}

/** What the LAN is to find of a box. */
export function findings(lan: Lan, box: Box, { own, hosts, preferred6 }: Addresses): string[] {
  const { name, at, exposed } = box
  const published = box.ports.filter(({ port }) => port !== OWN.local)
  const found = (proto: Port['proto'], address: string, hostPort: number, port: number): string =>
    lineOf([proto, address, hostPort], `${name}:${port} sees ${seen(lan, own, address)}`)
  const atHost = published.flatMap((one) =>
    hosts
      .filter((host) => isMet(box, one, host, preferred6))
      .map((host) => found(one.proto, host, one.hostPort, one.port)),
  )
  const open = exposed
    ? range(OWN).flatMap((port) => [tcp(0, port), udp(0, port)])
    : at.includes('own')
      ? published
      : []
  const atOwn = open.flatMap(({ proto, port }) => own.map((address) => found(proto, address, port, port)))
  return [...(at.includes('host') ? atHost : []), ...atOwn]
}

/**
 * What the host serves on at these addresses once the first box is gone; not UDP, which it may answer from
 * another address.
 */
export const freed = (hosts: readonly string[]): Target[] =>
  hosts.flatMap((host) => range(FREED).map((port): Target => ['tcp', host, port]))

export const findingsOfHost = ({ address, address6 }: Lan, targets: readonly Target[]): string[] =>
  targets
    .map((target) => lineOf(target, `host:${target[2]} sees ${target[1].includes(':') ? address6 : address}`))
    .toSorted()

/** Whom a container takes for the asker: the LAN, but where IPv6 is relayed to a container without. */
function seen({ address, address6 }: Lan, own: readonly string[], asked: string): string {
  if (!asked.includes(':')) return address
  return own.some((one) => one.includes(':')) ? address6 : (own[0] ?? '').replace(/\d+$/, '1')
}

/**
 * Whether the LAN gets an answer from a port at an address of the host. IPv6 is relayed to a container
 * without. A relayed datagram's answer comes from the address that the host prefers, which the LAN takes for
 * silence where it asked at another (docs/differences.md).
 */
function isMet({ ipv6, binding }: Box, { proto, host = binding }: Port, address: string, preferred6: string) {
  if (host !== undefined) return host === address
  const isTranslated = ipv6 === true || !address.includes(':')
  return isTranslated || proto === 'tcp' || address === preferred6
}
