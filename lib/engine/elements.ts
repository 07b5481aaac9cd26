import { aloneElements, networkOwned, type Owned } from '../features/filter/elements.ts'
import { portElements } from '../features/ports/elements.ts'
import { type EndpointSpec, endpointWords } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'

/** The elements of a network and its endpoints in our nftables tables, from all features. */
export const ownedElements = (network: NetworkSpec, endpoints: readonly EndpointSpec[]): Owned[] => [
  networkOwned(network),
  ...endpoints.map((one) => ({
    owner: endpointWords(network, one),
    elements: [...aloneElements(network, one), ...portElements(network, one)],
  })),
]
