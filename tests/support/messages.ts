import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { LinkOptions } from '../../lib/model/link.ts'
import type { NetworkSpec } from '../../lib/model/network.ts'
import type { CreateEndpointRequest, CreateNetworkRequest } from '../../plugin/docker/messages.ts'

/** An id as the engine makes them: 64 hex digits that begin with these. */
export const idOf = (start: string): string => start.padEnd(64, '0')

export const NETWORK = idOf('a1')
export const ENDPOINT = idOf('b1')

/** The network of most tests: `sl-a10000000000`, 10.9.0.0/24, nothing limited. */
export const networkSpec = (changes: Partial<NetworkSpec> = {}): NetworkSpec => ({
  id: NETWORK,
  bridge: `sl-${(changes.id ?? NETWORK).slice(0, 12)}`,
  mtu: 1500,
  ipv4: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1/24' }],
  ipv6: [],
  internal: false,
  masquerade: true,
  interfacePrefix: 'eth',
  options: {},
  ...changes,
})

export const IPV6_SUBNET = { subnet: 'fd09::/64', gateway: 'fd09::1/64' } as const

/** Its first member: `sv-b10000000000`, 10.9.0.2. */
export const endpointSpec = (changes: Partial<EndpointSpec> = {}): EndpointSpec => ({
  id: ENDPOINT,
  networkId: NETWORK,
  mac: '02:42:0a:09:00:02',
  slot: 0,
  address4: '10.9.0.2',
  options: {},
  ...changes,
})

/** Another member, by number from 2: 10.9.0.N with the MAC that goes with it. */
export const memberSpec = (number: number, options: LinkOptions = {}): Omit<EndpointSpec, 'slot'> => ({
  id: idOf(`b${number}`),
  networkId: NETWORK,
  mac: `02:42:0a:09:00:${number.toString(16).padStart(2, '0')}`,
  address4: `10.9.0.${number}`,
  options,
})

/** What CreateNetwork is sent for `networkSpec()`. */
export const createNetwork = (
  generic: Readonly<Record<string, unknown>> = {},
  changes: Partial<CreateNetworkRequest> = {},
): CreateNetworkRequest => ({
  NetworkID: NETWORK,
  Options: {
    'com.docker.network.enable_ipv4': true,
    'com.docker.network.enable_ipv6': false,
    'com.docker.network.generic': generic,
  },
  IPv4Data: [{ AddressSpace: 'LocalDefault', Gateway: '10.9.0.1/24', Pool: '10.9.0.0/24' }],
  IPv6Data: [],
  ...changes,
})

/** What CreateEndpoint is sent for `endpointSpec()`. */
export const createEndpoint = (
  options: Readonly<Record<string, unknown>> = {},
  changes: Partial<CreateEndpointRequest> = {},
): CreateEndpointRequest => ({
  NetworkID: NETWORK,
  EndpointID: ENDPOINT,
  Interface: { Address: '10.9.0.2/24', AddressIPv6: '', MacAddress: '' },
  Options: { 'com.docker.network.endpoint.exposedports': [], 'com.docker.network.portmap': [], ...options },
  ...changes,
})

export const joinRequest = { NetworkID: NETWORK, EndpointID: ENDPOINT, SandboxKey: '/var/run/docker/netns/1' }
