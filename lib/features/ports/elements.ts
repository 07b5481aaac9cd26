import { type Element, elementWords } from '../../kernel/nft/element.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { ANY4, ANY6, type Protocol, type PublishedPort } from '../../model/port.ts'

/** IANA's numbers: a root file system without /etc/protocols does not know the names. */
const NUMBERS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 }

/** One published port: a translation, or the container's own port where there is none, or where its network trusts somebody. */
function portElement(network: NetworkSpec, endpoint: EndpointSpec, published: PublishedPort): Element[] {
  const { proto, host, hostPort, port } = published
  const family = host.includes(':') ? 6 : 4
  const address = family === 4 ? endpoint.address4 : endpoint.address6
  if (address === undefined) return []
  const own = [address, NUMBERS[proto], port] as const
  if (hostPort === 0) return [{ set: `open${family}`, key: own }]
  const key = [NUMBERS[proto], hostPort]
  return [
    host === ANY4 || host === ANY6
      ? { set: `any${family}`, key, value: [address, port] }
      : { set: `named${family}`, key: [host, ...key], value: [address, port] },
    ...(network.passage?.trusted ? [{ set: `offered${family}`, key: own }] : []),
  ]
}

/** A container's ports; one may be published several times. */
export function portElements(network: NetworkSpec, endpoint: EndpointSpec): Element[] {
  const all = (endpoint.ports ?? []).flatMap((port) => portElement(network, endpoint, port))
  return [...new Map(all.map((one) => [`${one.set} ${elementWords(one)}`, one])).values()]
}
