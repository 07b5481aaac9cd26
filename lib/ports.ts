import { randomInt } from 'node:crypto'
import { InvalidRequestError } from './errors.ts'
import type { HostPort, holdPort } from './kernel/hold.ts'
import type { Host } from './kernel/host.ts'
import type { EndpointSpec } from './plan/endpoint.ts'
import { ANY4, ANY6, type Claim, collide, formatHostPort, type PublishedPort } from './plan/ports.ts'

/** An endpoint, with where its ports lead. */
export type Addressed = Pick<EndpointSpec, 'id' | 'address4' | 'address6'>

/** The host's ports that containers are reached by, held as long as they are published. */
export interface Ports {
  /**
   * Finds and holds what an endpoint's claims need: all of it, or nothing.
   *
   * @throws {InvalidRequestError} a port is taken, or an address is not the host's
   */
  claim(endpoint: Addressed, claims: readonly Claim[]): Promise<PublishedPort[]>
  /** Holds again what was published before this process began. @returns what cannot be held, and why */
  restore(endpoint: Addressed, ports: readonly PublishedPort[]): Promise<string[]>
  release(endpointId: string): void
  /** Ids of the endpoints that have ports of the host. */
  holders(): string[]
}

export interface PortsParts {
  readonly host: Pick<Host, 'read'>
  readonly hold: typeof holdPort
  /** An endpoint in words, for whoever wants a port that it has. */
  readonly nameOf: (endpointId: string) => string
}

/** A port of the host that an endpoint has. */
interface Held {
  readonly endpointId: string
  readonly port: HostPort
  release(): void
}

/** One address, or any of both families, which one socket takes together: half the work. */
type Hosts = readonly [string] | readonly [typeof ANY6, typeof ANY4]

const bySocket = (hosts: readonly string[]): Hosts[] => {
  const isWide = hosts.includes(ANY4) && hosts.includes(ANY6)
  const single = hosts.filter((host) => !isWide || (host !== ANY4 && host !== ANY6))
  return [...(isWide ? [[ANY6, ANY4] as const] : []), ...single.map((host) => [host] as const)]
}

/** A port of the host, and the container's that it leads to. */
interface Wanted {
  readonly proto: HostPort['proto']
  readonly port: number
  readonly inner: number
}

/** Why a port cannot be had; if it is `taken`, another one may be, or the same later. */
export class Refusal extends InvalidRequestError {
  readonly taken: boolean
  constructor(port: HostPort, reason: string, { taken = false } = {}) {
    super(`-p ${formatHostPort(port)}: ${reason}`)
    this.taken = taken
  }
}

export function createPorts({ host, hold, nameOf }: PortsParts): Ports {
  /** by protocol and number */
  const held = new Map<string, Held[]>()
  const keyOf = ({ proto, port }: HostPort): string => `${proto} ${port}`
  /** Holds one port on a host's addresses by one socket: on one address, or on any of both families. */
  const keep = async (endpoint: Addressed, hosts: Hosts, wanted: Wanted): Promise<Held[]> => {
    const { proto, port, inner } = wanted
    const [host] = hosts
    const address = (host.includes(':') ? endpoint.address6 : undefined) ?? endpoint.address4
    const target = { host: address ?? endpoint.address6 ?? '', port: inner }
    const { release } = await hold({ proto, host, port, wide: hosts.length > 1 }, target)
    return hosts.map((each, index) => {
      const one = {
        endpointId: endpoint.id,
        port: { proto, host: each, port },
        release: index === 0 ? release : () => undefined,
      }
      held.set(keyOf(one.port), [...(held.get(keyOf(one.port)) ?? []), one])
      return one
    })
  }

  const drop = (one: Held): void => {
    one.release()
    const rest = (held.get(keyOf(one.port)) ?? []).filter((other) => other !== one)
    if (rest.length > 0) held.set(keyOf(one.port), rest)
    else held.delete(keyOf(one.port))
  }

  /** @returns nothing of IPv6 where the host has none, and any address of it was meant */
  const take = async (endpoint: Addressed, hosts: Hosts, wanted: Wanted): Promise<Held[]> => {
    const [port, ...more] = hosts.map((host) => ({ proto: wanted.proto, host, port: wanted.port })) as [
      HostPort,
      ...HostPort[],
    ]
    // The kernel names nobody, and knows of no SCTP port that we hold.
    for (const each of [port, ...more]) {
      const other = held.get(keyOf(each))?.find((one) => collide(one.port, each))
      if (other) throw isTaken(each, nameOf(other.endpointId))
    }
    return keep(endpoint, hosts, wanted).catch((error: NodeJS.ErrnoException) => {
      if (port.host === ANY6 && NO_IPV6.has(error.code ?? ''))
        return more.length > 0 ? take(endpoint, [ANY4], wanted) : []
      const refused = more[0] ?? port
      if (error.code === 'EADDRINUSE') throw isTaken(refused, 'a process of the host')
      if (error.code === 'EADDRNOTAVAIL') throw new Refusal(refused, 'expected an address that the host has')
      throw new Refusal(refused, `cannot be published: ${error.message}`)
    })
  }

  /** One port on all the addresses of a claim, or none. */
  const takeAll = async (endpoint: Addressed, claim: Claim, port: number): Promise<Held[]> => {
    const wanted = { proto: claim.proto, port, inner: claim.port }
    const results = await Promise.allSettled(
      bySocket(claim.hosts).map((hosts) => take(endpoint, hosts, wanted)),
    )
    const got = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    const failed = results.find((result) => result.status === 'rejected')
    if (!failed) return got
    got.forEach(drop)
    throw failed.reason
  }

  /** The first port that is free on all the addresses of a claim. @param local what the kernel says that it picks from */
  const settle = async (
    endpoint: Addressed,
    claim: Claim,
    local?: string,
  ): Promise<{ port: number; got: Held[] }> => {
    let refusal: unknown
    for (const port of claim.first === 0 ? ephemeral(local) : range(claim.first, claim.last)) {
      try {
        const got = await takeAll(endpoint, claim, port)
        return { port, got }
      } catch (error) {
        if (!(error instanceof Refusal) || !error.taken) throw error
        refusal = error
      }
    }
    throw refusal
  }

  return {
    holders: () => [...new Set([...held.values()].flat().map(({ endpointId }) => endpointId))],
    claim: async (endpoint, claims) => {
      const published: PublishedPort[] = []
      const all: Held[] = []
      const local = claims.some(({ first }) => first === 0) ? await host.read(LOCAL_RANGE) : undefined
      try {
        for (const claim of claims) {
          const { proto, port, hosts, open } = claim
          const { port: hostPort, got } =
            hosts.length > 0 ? await settle(endpoint, claim, local) : { port: 0, got: [] }
          all.push(...got)
          published.push(...got.map(({ port: { host } }) => ({ proto, host, hostPort, port })))
          published.push(...open.map((host) => ({ proto, host, hostPort: 0, port })))
        }
      } catch (error) {
        all.forEach(drop)
        throw error
      }
      return published
    },
    restore: async (endpoint, ports) => {
      const wanted = Map.groupBy(
        ports.filter(({ hostPort }) => hostPort !== 0),
        ({ proto, hostPort, port }) => `${proto} ${hostPort} ${port}`,
      )
      const lost = [...wanted.values()].flatMap((same) => {
        const [{ proto, hostPort: port, port: inner }] = same as [PublishedPort]
        return bySocket(same.map(({ host }) => host)).map((hosts) =>
          keep(endpoint, hosts, { proto, port, inner }).then(
            () => [],
            (error: Error) =>
              hosts.map((host) => `${formatHostPort({ proto, host, port })}: ${error.message}`),
          ),
        )
      })
      return (await Promise.all(lost)).flat()
    },
    release: (endpointId) => {
      for (const one of [...held.values()].flat()) if (one.endpointId === endpointId) drop(one)
    },
  }
}

const isTaken = (port: HostPort, holder: string): Refusal =>
  new Refusal(port, `port is already allocated (address already in use): ${holder} has it`, { taken: true })

const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(last, first) - first + 1 }, (_, index) => first + index)

/** How a socket fails that wants IPv6 of a host without. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

/** Where the kernel picks ports that nobody named, and what it has from the start (ip(7)). */
const LOCAL_RANGE = '/proc/sys/net/ipv4/ip_local_port_range'
const EPHEMERAL = [32_768, 60_999] as const

/** From anywhere in the range: Docker tries no more than ten ports in a row, from its beginning, which must not all be ours. */
function* ephemeral(local: string | undefined): Generator<number> {
  const [first = EPHEMERAL[0], last = EPHEMERAL[1]] = local?.trim().split(/\s+/).map(Number) ?? []
  const count = last - first + 1
  const start = randomInt(count)
  for (let index = 0; index < count; index++) yield first + ((start + index) % count)
}
