import { type Element, elementWords } from '../../kernel/nft/element.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { ANY4, ANY6, type PublishedPort } from '../../model/port.ts'
import { familyOf } from '../../values/families.ts'
import { PROTOCOL_NUMBERS } from '../../values/protocols.ts'

/**
 * The elements of one published port: its translation, or without NAT an opening of the container's own port.
 * If the network trusts interfaces, they may reach the container's own port too.
 */
function portElement(network: NetworkSpec, endpoint: EndpointSpec, published: PublishedPort): Element[] {
  const { proto, host, hostPort, port } = published
  const family = familyOf(host)
  const address = family === 4 ? endpoint.address4 : endpoint.address6
  if (address === undefined) return []
  const own = [address, PROTOCOL_NUMBERS[proto], port] as const
  if (hostPort === 0) return [{ set: `open${family}`, key: own }]
  const key = [PROTOCOL_NUMBERS[proto], hostPort]
  return [
    host === ANY4 || host === ANY6
      ? { set: `any${family}`, key, value: [address, port] }
      : { set: `named${family}`, key: [host, ...key], value: [address, port] },
    ...(network.passage?.trusted ? [{ set: `offered${family}`, key: own }] : []),
  ]
}

/** The elements of a container's ports, without doubles: a port may be published several times. */
export function portElements(network: NetworkSpec, endpoint: EndpointSpec): Element[] {
  const all = (endpoint.ports ?? []).flatMap((port) => portElement(network, endpoint, port))
  return [...new Map(all.map((one) => [`${one.set} ${elementWords(one)}`, one])).values()]
}
