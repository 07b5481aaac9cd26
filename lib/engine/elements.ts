import { aloneElements, networkOwned, type Owned } from '../features/filter/elements.ts'
import { portElements } from '../features/ports/elements.ts'
import { type EndpointSpec, endpointWords } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'

/** What a network and its endpoints have in our nftables tables, all features together. */
export const ownedElements = (network: NetworkSpec, endpoints: readonly EndpointSpec[]): Owned[] => [
  networkOwned(network),
  ...endpoints.map((one) => ({
    owner: endpointWords(network, one),
    elements: [...aloneElements(network, one), ...portElements(network, one)],
  })),
]
