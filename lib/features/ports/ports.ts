import { randomInt } from 'node:crypto'
import type { Host } from '../../kernel/host.ts'
import type { HostPort, holdPort } from '../../kernel/sockets/hold.ts'
import { ANY4, ANY6, type PublishedPort } from '../../model/port.ts'
import { InvalidRequestError } from '../../values/errors.ts'
import { type Claim, formatHostPort } from './claims.ts'
import {
  type Addressed,
  addresses,
  bySocket,
  createHoldings,
  type Holding,
  type Hosts,
  NO_IPV6,
  published,
  type Wanted,
} from './holdings.ts'

/** The host ports that lead to containers, each held as long as it is published. */
export interface Ports {
  /**
   * Finds and holds the host ports that an endpoint's claims need: all of them, or none.
   *
   * @throws {InvalidRequestError} a port is taken, or an address does not belong to the host
   */
  claim(endpoint: Addressed, claims: readonly Claim[]): Promise<PublishedPort[]>
  /**
   * Holds the ports again that were published before this process began. The endpoint keeps its ports even if
   * they cannot be held.
   */
  restore(endpoint: Addressed, ports: readonly PublishedPort[]): Promise<void>
  /**
   * Tries again to hold the ports that restore() could not.
   *
   * @returns those that it still cannot hold, and why
   */
  retry(): Promise<string[]>
  release(endpointId: string): void
  /** Ids of the endpoints that have host ports. */
  holders(): string[]
}

export interface PortsParts {
  readonly host: Pick<Host, 'read'>
  readonly hold: typeof holdPort
  /** An endpoint in words, for the error when another endpoint wants its port. */
  readonly nameOf: (endpointId: string) => string
}

/** Why a port cannot be claimed. If it is `taken`, another port may be free, or this one later. */
export class Refusal extends InvalidRequestError {
  readonly taken: boolean
  constructor(port: HostPort, reason: string, { taken = false } = {}) {
    super(`-p ${formatHostPort(port)}: ${reason}`)
    this.taken = taken
  }
}

export function createPorts({ host, hold, nameOf }: PortsParts): Ports {
  const holdings = createHoldings(hold)

  /** @returns undefined if the host has no IPv6 and the claim is for any IPv6 address */
  const take = (endpoint: Addressed, wanted: Wanted): Promise<Holding | undefined> => {
    // The kernel does not name the holder, and we hold SCTP ports without a socket.
    const holder = holdings.holderOf(wanted)
    if (holder !== undefined) return Promise.reject(isTaken(wanted, nameOf(holder)))
    return holdings.keep(endpoint, wanted).catch((error: NodeJS.ErrnoException) => {
      const { hosts } = wanted
      if (hosts[0] === ANY6 && NO_IPV6.has(error.code ?? ''))
        return hosts.length > 1 ? take(endpoint, { ...wanted, hosts: [ANY4] }) : undefined
      throw refusalOf(wanted, error)
    })
  }

  /** Holds one port on all the addresses of a claim, or on none. */
  const takeAll = async (endpoint: Addressed, sockets: readonly Hosts[], port: number, claim: Claim) => {
    const got: Holding[] = []
    try {
      for (const hosts of sockets) {
        const one = await take(endpoint, { proto: claim.proto, port, hosts, inner: claim.port })
        if (one) got.push(one)
      }
    } catch (error) {
      got.forEach(holdings.drop)
      throw error
    }
    return got
  }

  /**
   * Holds the first port that is free on all the addresses of a claim.
   *
   * @param local the contents of LOCAL_RANGE
   */
  const settle = async (endpoint: Addressed, claim: Claim, local?: string): Promise<Holding[]> => {
    const sockets = bySocket(claim.hosts)
    let refusal: unknown
    for (const port of claim.first === 0 ? ephemeral(local) : range(claim.first, claim.last)) {
      try {
        return await takeAll(endpoint, sockets, port, claim)
      } catch (error) {
        if (!(error instanceof Refusal) || !error.taken) throw error
        refusal = error
      }
    }
    throw refusal
  }

  return {
    holders: holdings.holders,
    release: holdings.release,
    claim: async (endpoint, claims) => {
      const all: PublishedPort[] = []
      const got: Holding[] = []
      const local = claims.some(({ first }) => first === 0) ? await host.read(LOCAL_RANGE) : undefined
      try {
        for (const claim of claims) {
          const { proto, port, hosts, open } = claim
          const held = hosts.length > 0 ? await settle(endpoint, claim, local) : []
          got.push(...held)
          all.push(...held.flatMap(published), ...open.map((host) => ({ proto, host, hostPort: 0, port })))
        }
      } catch (error) {
        got.forEach(holdings.drop)
        throw error
      }
      return all
    },
    restore: async (endpoint, ports) => {
      await Promise.all(bySame(ports).map((wanted) => holdings.reclaim(endpoint, wanted)))
    },
    retry: async () =>
      (await holdings.retry()).flatMap((one) =>
        addresses(one).map((port) => `${formatHostPort(port)}: ${whyMissing(one.error)}`),
      ),
  }
}

function whyMissing({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'a process of the host has it'
  return code === 'EADDRNOTAVAIL' ? 'the host does not have this address now' : message
}

/** Groups published ports by the sockets that hold them. */
function bySame(ports: readonly PublishedPort[]): Wanted[] {
  const same = Map.groupBy(
    ports.filter(({ hostPort }) => hostPort !== 0),
    ({ proto, hostPort, port }) => `${proto} ${hostPort} ${port}`,
  )
  return [...same.values()].flatMap((all) => {
    const [{ proto, hostPort: port, port: inner }] = all as [PublishedPort]
    return bySocket(all.map(({ host }) => host)).map((hosts) => ({ proto, port, hosts, inner }))
  })
}

/** The port that errors name. For both families that is the IPv4 one, the form that most people know. */
const named = (wanted: Wanted): HostPort => addresses(wanted).at(-1) as HostPort

const isTaken = (wanted: Wanted, holder: string): Refusal =>
  new Refusal(named(wanted), `port is already allocated (address already in use): ${holder} has it`, {
    taken: true,
  })

function refusalOf(wanted: Wanted, { code, message }: NodeJS.ErrnoException): Refusal {
  if (code === 'EADDRINUSE') return isTaken(wanted, 'a process of the host')
  if (code === 'EADDRNOTAVAIL') return new Refusal(named(wanted), 'expected an address that the host has')
  return new Refusal(named(wanted), `cannot be published: ${message}`)
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(last, first) - first + 1 }, (_, index) => first + index)

/** The range that the kernel picks free ports from, and its default (ip(7)). */
const LOCAL_RANGE = '/proc/sys/net/ipv4/ip_local_port_range'
export const EPHEMERAL = [32_768, 60_999] as const

/**
 * Every port of the range, from a random start: Docker tries no more than ten ports in a row from the
 * beginning of the range, and we must not hold all ten.
 */
function* ephemeral(local: string | undefined): Generator<number> {
  const [first = EPHEMERAL[0], last = EPHEMERAL[1]] = local?.trim().split(/\s+/).map(Number) ?? []
  const count = last - first + 1
  const start = randomInt(count)
  for (let index = 0; index < count; index++) yield first + ((start + index) % count)
}
