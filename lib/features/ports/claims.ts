import type { HostPort } from '../../kernel/sockets/hold.ts'
import type { GatewayMode, Passage } from '../../model/network.ts'
import { ANY4, ANY6, type PortRequest } from '../../model/port.ts'
import { bracketed, type Family, familyOf } from '../../values/families.ts'

/** Addresses of the host on which an endpoint wants the same port. */
export interface Claim extends Omit<PortRequest, 'host' | 'unrelayed'> {
  readonly hosts: readonly string[]
  /** ANY4 or ANY6 for families in which clients reach the container directly, without a host port */
  readonly open: readonly string[]
}

/** The network and container that ports are published for. */
export interface Place {
  readonly passage?: Passage | undefined
  readonly address4?: string | undefined
  readonly address6?: string | undefined
}

const isOpen = (mode: GatewayMode | undefined): boolean => mode === 'routed'

/**
 * The host addresses that one request means: any address of both families, unless it names one. A container
 * without IPv6 gets IPv6 addresses only if we can relay them to IPv4, which we cannot for SCTP.
 */
function hostsOf({ host, proto, unrelayed }: PortRequest, { passage, address4, address6 }: Place): string[] {
  const named = host ?? passage?.binding4
  const isNamed = (family: Family) => named === undefined || familyOf(named) === family
  const isRelayed = proto !== 'sctp' && !unrelayed && address4 !== undefined && !isOpen(passage?.mode4)
  return [
    ...(address4 !== undefined && isNamed(4) ? [named ?? ANY4] : []),
    ...((address6 !== undefined || isRelayed) && isNamed(6) ? [named ?? ANY6] : []),
  ]
}

/**
 * Plans the host ports to claim for one endpoint. Exact ports come before ranges, so that a range does not
 * take a port that another request asks for. Requests that differ only in the address become one claim.
 */
export function planClaims(requests: readonly PortRequest[], place: Place): Claim[] {
  const { passage = {} } = place
  const claims = new Map<string, { request: PortRequest; hosts: Set<string> }>()
  for (const request of requests.toSorted((a, b) => rank(a) - rank(b))) {
    const { proto, port, first, last } = request
    const key = [proto, port, first, last].join(' ')
    const claim = claims.get(key) ?? { request, hosts: new Set<string>() }
    for (const host of hostsOf(request, place)) claim.hosts.add(host)
    claims.set(key, claim)
  }
  return [...claims.values()].map(({ request: { proto, port, first, last }, hosts }) => {
    const direct = (host: string) =>
      familyOf(host) === 6 ? place.address6 !== undefined && isOpen(passage.mode6) : isOpen(passage.mode4)
    const open = [...hosts].filter(direct).map((host) => (familyOf(host) === 6 ? ANY6 : ANY4))
    return {
      ...{ proto, port, first, last },
      hosts: [...hosts].filter((host) => !direct(host)),
      open: [...new Set(open)],
    }
  })
}

const rank = ({ first, last }: PortRequest): number => (first !== 0 && first === last ? 0 : 1)

/** Whether two host ports exclude each other. */
export const collide = (a: HostPort, b: HostPort): boolean =>
  a.proto === b.proto &&
  a.port === b.port &&
  (a.host === b.host || (isAny(a.host) && sameFamily(a, b)) || (isAny(b.host) && sameFamily(a, b)))

const isAny = (host: string): boolean => host === ANY4 || host === ANY6
const sameFamily = (a: HostPort, b: HostPort): boolean => familyOf(a.host) === familyOf(b.host)

export const formatHostPort = ({ host, port, proto }: HostPort): string =>
  `${bracketed(host)}:${port}/${proto}`
