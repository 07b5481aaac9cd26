import type { HostPort, holdPort } from '../../kernel/sockets/hold.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import { ANY4, ANY6, type PublishedPort } from '../../model/port.ts'
import { collide } from './claims.ts'

/** An endpoint, with where its ports lead. */
export type Addressed = Pick<EndpointSpec, 'id' | 'address4' | 'address6'>

/** One address of the host's, or any of both families, which one socket takes together: half the work. */
export type Hosts = readonly [string] | readonly [typeof ANY6, typeof ANY4]

const WIDE: Hosts = [ANY6, ANY4]

export function bySocket(hosts: readonly string[]): Hosts[] {
  if (!hosts.includes(ANY4) || !hosts.includes(ANY6)) return hosts.map((host) => [host])
  return [WIDE, ...hosts.flatMap((host): Hosts[] => (host === ANY4 || host === ANY6 ? [] : [[host]]))]
}

/** A port of the host, on one socket's addresses, and the container's that it leads to. */
export interface Wanted extends Pick<HostPort, 'proto' | 'port'> {
  readonly hosts: Hosts
  readonly inner: number
}

/** A socket that keeps a port of the host for an endpoint. */
export interface Holding extends Wanted {
  readonly endpointId: string
  release: () => void
}

/** A port that is an endpoint's, while no socket can keep it. */
export interface Missing extends Wanted {
  readonly error: NodeJS.ErrnoException
}

/** What we hold of the host's ports. */
export interface Holdings {
  /** @throws {NodeJS.ErrnoException} as holdPort() */
  keep(endpoint: Addressed, wanted: Wanted): Promise<Holding>
  /**
   * As keep(), but for what is an endpoint's already: it stays so where no socket can keep it, until retry()
   * finds that one can.
   */
  reclaim(endpoint: Addressed, wanted: Wanted): Promise<void>
  /** Tries again to keep what could not be kept. @returns what still cannot */
  retry(): Promise<Missing[]>
  drop(holding: Holding): void
  release(endpointId: string): void
  /** Whose the port is already, on one of the addresses at least. */
  holderOf(wanted: Wanted): string | undefined
  /** Ids of the endpoints that hold any. */
  holders(): string[]
}

/** How a socket fails that wants IPv6 of a host without. */
export const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

export function createHoldings(hold: typeof holdPort): Holdings {
  /** by number, and the same by endpoint */
  const ports = new Map<number, Set<Holding>>()
  const endpoints = new Map<string, Set<Holding>>()

  /** what is to be tried again, and why it could not be kept */
  const missing = new Map<Holding, { readonly endpoint: Addressed; readonly error: NodeJS.ErrnoException }>()

  const drop = (one: Holding): void => {
    one.release()
    missing.delete(one)
    forget(ports, one.port, one)
    forget(endpoints, one.endpointId, one)
  }
  const add = (one: Holding): Holding => {
    note(ports, one.port, one)
    note(endpoints, one.endpointId, one)
    return one
  }
  const bind = ({ address4, address6 }: Addressed, { proto, port, hosts, inner }: Wanted) =>
    hold({ proto, host: hosts[0], port, wide: hosts.length > 1 }, { address4, address6, port: inner })

  const tryAgain = async (one: Holding, endpoint: Addressed): Promise<void> => {
    try {
      const { release } = await bind(endpoint, one)
      // It may have been given up in the meantime.
      if (missing.delete(one)) one.release = release
      else release()
    } catch (error) {
      if (missing.has(one)) missing.set(one, { endpoint, error: error as NodeJS.ErrnoException })
    }
  }

  const reclaim = async (endpoint: Addressed, wanted: Wanted): Promise<void> => {
    const one = add({ ...wanted, endpointId: endpoint.id, release: () => undefined })
    missing.set(one, { endpoint, error: new Error('it was not tried yet') })
    await tryAgain(one, endpoint)
    const code = missing.get(one)?.error.code
    if (wanted.hosts.length === 1 || !NO_IPV6.has(code ?? '')) return
    drop(one)
    for (const host of wanted.hosts) await reclaim(endpoint, { ...wanted, hosts: [host] })
  }

  const retry = async (): Promise<Missing[]> => {
    // An address that is gone is gone for all ports: one of them tells.
    for (const some of Map.groupBy(missing, ([{ hosts }]) => hosts[0]).values()) {
      for (const [one, { endpoint }] of some) {
        await tryAgain(one, endpoint)
        if (missing.get(one)?.error.code === 'EADDRNOTAVAIL') break
      }
    }
    return [...missing].map(([one, { error }]) => ({ ...one, error }))
  }
  return {
    keep: async (endpoint, wanted) => {
      const { release } = await bind(endpoint, wanted)
      return add({ ...wanted, endpointId: endpoint.id, release })
    },
    reclaim,
    retry,
    drop,
    release: (endpointId) => endpoints.get(endpointId)?.forEach(drop),
    holderOf: (wanted) =>
      [...(ports.get(wanted.port) ?? [])].find((one) =>
        addresses(one).some((a) => addresses(wanted).some((b) => collide(a, b))),
      )?.endpointId,
    holders: () => [...endpoints.keys()],
  }
}

export const addresses = ({ proto, port, hosts }: Wanted): HostPort[] =>
  hosts.map((host) => ({ proto, host, port }))

/** As it is written down. */
export const published = ({ proto, port, hosts, inner }: Wanted): PublishedPort[] =>
  hosts.map((host) => ({ proto, host, hostPort: port, port: inner }))

function note<K>(all: Map<K, Set<Holding>>, key: K, one: Holding): void {
  const set = all.get(key)
  if (set) set.add(one)
  else all.set(key, new Set([one]))
}

function forget<K>(all: Map<K, Set<Holding>>, key: K, one: Holding): void {
  const set = all.get(key)
  set?.delete(one)
  if (set?.size === 0) all.delete(key)
}
