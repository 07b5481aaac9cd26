import type { Layout } from '../../../lib/features/shaping/layout.ts'
import { inForce } from '../../../lib/features/shaping/link.ts'
import { endpointFlow, uplinkFlow } from '../../../lib/features/shaping/passed.ts'
import {
  type Link,
  ownDevices,
  type ResolvedNetwork,
  resolveLinks,
  resolveUplink,
  type Uplink,
} from '../../../lib/features/shaping/resolve.ts'
import type { Abilities } from '../../../lib/features/shaping/shape.ts'
import { foreignRoots, layoutFaults } from '../../../lib/features/shaping/verify.ts'
import type { Readings } from '../../../lib/kernel/readings.ts'
import type { Shown } from '../../../lib/kernel/tc/show.ts'
import type { EndpointSpec } from '../../../lib/model/endpoint.ts'
import type { NetworkSpec } from '../../../lib/model/network.ts'
import { hostEndName, mediumName } from '../../../lib/values/names.ts'
import type { ChangedEndpoint, ChangedNetwork, Endpoint, Network } from '../schema/components.ts'
import { directionView, limitsView, momentsOf } from './direction.ts'
import { formatOptions } from './format.ts'
import { formatPorts } from './ports.ts'

/** What the host has shown. */
export interface Seen {
  readonly abilities: Abilities
  readonly readings: Readings
  /** an earlier reading, to tell rates from */
  readonly before?: Readings
  readonly shown: Shown
}

const faultsOf = (layout: Layout, { shown }: Pick<Seen, 'shown'>): string[] => [
  ...foreignRoots(layout, shown),
  ...layoutFaults(layout, shown),
]

/** The options in force. */
export const effectiveOf = (network: NetworkSpec, endpoint: EndpointSpec): Record<string, string> =>
  formatOptions(inForce(network.options, endpoint.options))

/** What an endpoint is without a look at the host. */
const plainEndpoint = ({ network, endpoint, options }: Link) => ({
  id: endpoint.id,
  network: network.id,
  link: hostEndName(endpoint.id),
  mac: endpoint.mac,
  addresses: [endpoint.address4, endpoint.address6].filter((address) => address !== undefined),
  ...(endpoint.ports?.length ? { ports: formatPorts(endpoint.ports) } : {}),
  options: endpoint.given ?? {},
  effective: formatOptions(options),
})

export function endpointView(link: Link, seen: Seen): Endpoint {
  const moments = momentsOf((readings) => endpointFlow(link, readings), seen)
  return {
    ...plainEndpoint(link),
    up: directionView(link.up, ...moments('up')),
    down: directionView(link.down, ...moments('down')),
    faults: faultsOf(link.layout, seen),
  }
}

/** What a change has made of an endpoint. The change itself has compared it with the host. */
export const changedEndpoint = (link: Link): Omit<ChangedEndpoint, 'before' | 'keptBy'> => ({
  ...plainEndpoint(link),
  inherited: link.network.given ?? {},
  up: limitsView(link.up),
  down: limitsView(link.down),
  faults: [],
})

function uplinkView(
  network: NetworkSpec,
  uplink: Uplink,
  links: readonly Link[],
  seen: Seen,
): Network['uplink'] {
  const { up, down } = uplink
  if (!up && !down) return undefined
  const moments = momentsOf((readings) => uplinkFlow(network, uplink, links, readings), seen)
  return {
    ...(up ? { up: directionView(up, ...moments('up')) } : {}),
    ...(down ? { down: directionView(down, ...moments('down')) } : {}),
  }
}

/** What a network is without a look at the host. */
function plainNetwork(network: NetworkSpec) {
  const subnets = [...network.ipv4, ...network.ipv6]
  return {
    id: network.id,
    bridge: network.bridge,
    mtu: network.mtu,
    internal: network.internal,
    subnets: subnets.map(({ subnet }) => subnet),
    gateways: subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
    options: network.given ?? {},
    ...(network.shared === undefined ? {} : { shared: { rate: network.shared } }),
  }
}

/** @param pace awaited between one endpoint and the next, of which there may be a thousand */
export async function networkView(
  network: NetworkSpec,
  endpoints: readonly EndpointSpec[],
  seen: Seen,
  pace: () => Promise<void>,
): Promise<Network> {
  const uplink = resolveUplink(network, seen.abilities)
  const links: Link[] = []
  const views: Endpoint[] = []
  for (const link of resolveLinks(network, endpoints, seen.abilities)) {
    links.push(link)
    views.push(endpointView(link, seen))
    await pace()
  }
  const outside = uplinkView(network, uplink, links, seen)
  return {
    ...plainNetwork(network),
    ...(outside ? { uplink: outside } : {}),
    faults: faultsOf(uplink.layout, seen),
    endpoints: views,
  }
}

/** What a change has made of a network. The change itself has compared it with the host. */
export function changedNetwork(network: NetworkSpec, abilities: Abilities): Omit<ChangedNetwork, 'before'> {
  const { up, down } = resolveUplink(network, abilities)
  const uplink = { ...(up ? { up: limitsView(up) } : {}), ...(down ? { down: limitsView(down) } : {}) }
  return { ...plainNetwork(network), ...(up || down ? { uplink } : {}), faults: [] }
}

/** Every device of a network that tc has something to say of. */
export const devicesOf = ({ spec, links }: ResolvedNetwork): string[] => [
  spec.bridge,
  mediumName(spec.id),
  ...[...links.values()].flatMap((link) => [hostEndName(link.endpoint.id), ...ownDevices(link)]),
]
