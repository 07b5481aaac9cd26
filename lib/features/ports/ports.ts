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

/** The host's ports that containers are reached by, held as long as they are published. */
export interface Ports {
  /**
   * Finds and holds what an endpoint's claims need: all of it, or nothing.
   *
   * @throws {InvalidRequestError} a port is taken, or an address is not the host's
   */
  claim(endpoint: Addressed, claims: readonly Claim[]): Promise<PublishedPort[]>
  /**
   * Holds again what was published before this process began. What cannot be held is its endpoint's all the
   * same.
   */
  restore(endpoint: Addressed, ports: readonly PublishedPort[]): Promise<void>
  /** Tries again to hold what could not be restored. @returns what still cannot, and why */
  retry(): Promise<string[]>
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

/** Why a port cannot be had; if it is `taken`, another one may be, or the same later. */
export class Refusal extends InvalidRequestError {
  readonly taken: boolean
  constructor(port: HostPort, reason: string, { taken = false } = {}) {
    super(`-p ${formatHostPort(port)}: ${reason}`)
    this.taken = taken
  }
}

export function createPorts({ host, hold, nameOf }: PortsParts): Ports {
  const holdings = createHoldings(hold)

  /** @returns nothing where the host has no IPv6, and any address of it was meant */
  const take = (endpoint: Addressed, wanted: Wanted): Promise<Holding | undefined> => {
    // The kernel names nobody, and knows of no SCTP port that we hold.
    const holder = holdings.holderOf(wanted)
    if (holder !== undefined) return Promise.reject(isTaken(wanted, nameOf(holder)))
    return holdings.keep(endpoint, wanted).catch((error: NodeJS.ErrnoException) => {
      const { hosts } = wanted
      if (hosts[0] === ANY6 && NO_IPV6.has(error.code ?? ''))
        return hosts.length > 1 ? take(endpoint, { ...wanted, hosts: [ANY4] }) : undefined
      throw refusalOf(wanted, error)
    })
  }

  /** One port on all the addresses of a claim, or none. */
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
   * The first port that is free on all the addresses of a claim.
   *
   * @param local what the kernel says that it picks from
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

/** What was published, by the sockets that hold it. */
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

/** Both families are named as IPv4's: that is what most people know it by. */
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

/** Where the kernel picks ports that nobody named, and what it has from the start (ip(7)). */
const LOCAL_RANGE = '/proc/sys/net/ipv4/ip_local_port_range'
export const EPHEMERAL = [32_768, 60_999] as const

/**
 * From anywhere in the range: Docker tries no more than ten ports in a row, from its beginning, which must
 * not all be ours.
 */
function* ephemeral(local: string | undefined): Generator<number> {
  const [first = EPHEMERAL[0], last = EPHEMERAL[1]] = local?.trim().split(/\s+/).map(Number) ?? []
  const count = last - first + 1
  const start = randomInt(count)
  for (let index = 0; index < count; index++) yield first + ((start + index) % count)
}
