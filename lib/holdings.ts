import type { HostPort, holdPort } from './kernel/hold.ts'
import type { EndpointSpec } from './plan/endpoint.ts'
import { ANY4, ANY6, collide, type PublishedPort } from './plan/ports.ts'

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
  release(): void
}

/** What we hold of the host's ports. */
export interface Holdings {
  /** @throws {NodeJS.ErrnoException} as holdPort() */
  keep(endpoint: Addressed, wanted: Wanted): Promise<Holding>
  drop(holding: Holding): void
  release(endpointId: string): void
  /** Whose the port is already, on one of the addresses at least. */
  holderOf(wanted: Wanted): string | undefined
  /** Ids of the endpoints that hold any. */
  holders(): string[]
}

export function createHoldings(hold: typeof holdPort): Holdings {
  /** by number, and the same by endpoint */
  const ports = new Map<number, Set<Holding>>()
  const endpoints = new Map<string, Set<Holding>>()

  const drop = (one: Holding): void => {
    one.release()
    forget(ports, one.port, one)
    forget(endpoints, one.endpointId, one)
  }
  return {
    keep: async (endpoint, wanted) => {
      const { proto, port, hosts } = wanted
      const { address4, address6 } = endpoint
      const asked = { proto, host: hosts[0], port, wide: hosts.length > 1 }
      const { release } = await hold(asked, { address4, address6, port: wanted.inner })
      const one = { ...wanted, endpointId: endpoint.id, release }
      note(ports, port, one)
      note(endpoints, endpoint.id, one)
      return one
    },
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
