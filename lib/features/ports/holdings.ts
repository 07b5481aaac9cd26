import type { HostPort, holdPort } from '../../kernel/sockets/hold.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import { ANY4, ANY6, type PublishedPort } from '../../model/port.ts'
import { collide } from './claims.ts'

/** An endpoint and the addresses that its ports lead to. */
export type Addressed = Pick<EndpointSpec, 'id' | 'address4' | 'address6'>

/**
 * The addresses of one socket: one host address, or any address of both families, which needs one socket
 * rather than two.
 */
export type Hosts = readonly [string] | readonly [typeof ANY6, typeof ANY4]

const WIDE: Hosts = [ANY6, ANY4]

export function bySocket(hosts: readonly string[]): Hosts[] {
  if (!hosts.includes(ANY4) || !hosts.includes(ANY6)) return hosts.map((host) => [host])
  return [WIDE, ...hosts.flatMap((host): Hosts[] => (host === ANY4 || host === ANY6 ? [] : [[host]]))]
}

/** A host port on the addresses of one socket, and the container port that it leads to. */
export interface Wanted extends Pick<HostPort, 'proto' | 'port'> {
  readonly hosts: Hosts
  readonly inner: number
}

/** A socket that keeps a host port for an endpoint. */
export interface Holding extends Wanted {
  readonly endpointId: string
  release: () => void
}

/** A port that belongs to an endpoint although no socket can keep it now. */
export interface Missing extends Wanted {
  readonly error: NodeJS.ErrnoException
}

/** The host ports that we hold. */
export interface Holdings {
  /** @throws {NodeJS.ErrnoException} as holdPort() */
  keep(endpoint: Addressed, wanted: Wanted): Promise<Holding>
  /**
   * As keep(), but for a port that the endpoint already has: the endpoint keeps it even if no socket can, and
   * retry() tries again.
   */
  reclaim(endpoint: Addressed, wanted: Wanted): Promise<void>
  /** Tries again to bind the ports that could not be kept. @returns those that still cannot */
  retry(): Promise<Missing[]>
  drop(holding: Holding): void
  release(endpointId: string): void
  /** The endpoint that has the port already, on at least one of the addresses. */
  holderOf(wanted: Wanted): string | undefined
  /** Ids of the endpoints that hold ports. */
  holders(): string[]
}

/** Error codes of an IPv6 socket on a host without IPv6. */
export const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

export function createHoldings(hold: typeof holdPort): Holdings {
  /** by port number, and by endpoint id */
  const ports = new Map<number, Set<Holding>>()
  const endpoints = new Map<string, Set<Holding>>()

  /** the holdings that no socket keeps yet, and why */
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
      // drop() may have given it up in the meantime.
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
    // If an address is gone, all its ports fail alike: one try is enough.
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

/** The ports in the form that the store keeps. */
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
