import type { Counters, Readings } from '../../lib/kernel/counters.ts'
import { NO_COUNTERS } from '../../lib/kernel/counters.ts'
import type { Shown } from '../../lib/kernel/observe.ts'
import { hostEndName, mediumName } from '../../lib/names.ts'
import {
  type EndpointSpec,
  endpointLayout,
  endpointShapes,
  linkOptions,
  memberOf,
  memberShares,
  shapeDevices,
  uplinkLayout,
  uplinkShapes,
} from '../../lib/plan/endpoint.ts'
import type { NetworkSpec } from '../../lib/plan/network.ts'
import { type Abilities, OPEN, type Shape } from '../../lib/plan/shape.ts'
import { memberHandle } from '../../lib/plan/shaping.ts'
import { foreignRoots, layoutFaults } from '../../lib/plan/verify.ts'
import { formatOptions } from './format.ts'
import { formatPorts } from './ports.ts'
import type { Direction, Endpoint, Network } from './types.ts'

/** What the host has shown. */
export interface Seen {
  readonly abilities: Abilities
  readonly readings: Readings
  readonly shown: Shown
}

function directionView(shape: Shape | undefined, counters: Counters | undefined, at: number): Direction {
  const { netem } = shape ?? {}
  return {
    rate: shape && shape.rate < OPEN ? shape.rate : null,
    delay: netem?.delay ?? 0,
    jitter: netem?.jitter ?? 0,
    loss: netem ? meanLoss(netem) : 0,
    queue: shape?.queue.kind ?? null,
    ...(counters ?? NO_COUNTERS),
    at,
  }
}

/** Percent. Of the Gilbert-Elliott model, its stationary mean (tc-netem(8): defaults r = 1-p, 1-h = 100 %, 1-k = 0 %). */
function meanLoss({ loss, lossModel }: NonNullable<Shape['netem']>): number {
  if (!lossModel) return loss
  const [p = 0, r = 100 - p, badLoss = 100, goodLoss = 0] = lossModel.percents
  if (lossModel.model !== 'gemodel') return p
  return p + r === 0 ? goodLoss : (p * badLoss + r * goodLoss) / (p + r)
}

export function endpointView(
  network: NetworkSpec,
  endpoint: EndpointSpec,
  others: readonly EndpointSpec[],
  seen: Seen,
): Endpoint {
  const { abilities, readings, shown } = seen
  const link = hostEndName(endpoint.id)
  const { up, down } = endpointShapes(network, endpoint, abilities)
  const [own] = shapeDevices(network, endpoint)
  const upHandle = up && memberHandle(memberOf(endpoint), up)
  const upQdisc = own ? `${own} 1:` : `${mediumName(network.id)} ${upHandle}`
  const passed = readings.links.get(link)
  const sent = add(readings.qdiscs.get(upQdisc) ?? NO_COUNTERS, outward(network, endpoint, seen))
  const layout = endpointLayout(network, endpoint, abilities, memberShares(network, others).get(endpoint.id))
  return {
    id: endpoint.id,
    network: network.id,
    link,
    mac: endpoint.mac,
    addresses: [endpoint.address4, endpoint.address6].filter((address) => address !== undefined),
    ...(endpoint.ports?.length ? { ports: formatPorts(endpoint.ports) } : {}),
    options: endpoint.given ?? {},
    effective: formatOptions(linkOptions(network, endpoint)),
    up: directionView(up, up ? sent : passed?.rx, readings.at),
    down: directionView(down, down ? readings.qdiscs.get(`${link} 1:`) : passed?.tx, readings.at),
    faults: [...foreignRoots(layout, shown), ...layoutFaults(layout, shown)],
  }
}

/** What one member has sent through the uplink. */
function outward(network: NetworkSpec, endpoint: EndpointSpec, { abilities, readings }: Seen): Counters {
  const { out } = endpointShapes(network, endpoint, abilities)
  const handle = out && memberHandle({ ...memberOf(endpoint), outward: true }, out)
  return readings.qdiscs.get(`${mediumName(network.id)} ${handle}`) ?? NO_COUNTERS
}

const add = (a: Counters, b: Counters): Counters => ({
  bytes: a.bytes + b.bytes,
  packets: a.packets + b.packets,
  drops: a.drops + b.drops,
  backlog: a.backlog + b.backlog,
})

export function networkView(network: NetworkSpec, endpoints: readonly EndpointSpec[], seen: Seen): Network {
  const { abilities, readings, shown } = seen
  const uplink = uplinkShapes(network, abilities)
  const layout = uplinkLayout(network, abilities)
  const subnets = [...network.ipv4, ...network.ipv6]
  const out = endpoints.map((endpoint) => outward(network, endpoint, seen))
  return {
    id: network.id,
    bridge: network.bridge,
    mtu: network.mtu,
    internal: network.internal,
    subnets: subnets.map(({ subnet }) => subnet),
    gateways: subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
    options: network.given ?? {},
    ...(uplink.up || uplink.down
      ? {
          uplink: {
            ...(uplink.up ? { up: directionView(uplink.up, out.reduce(add, NO_COUNTERS), readings.at) } : {}),
            ...(uplink.down
              ? { down: directionView(uplink.down, readings.qdiscs.get(`${network.bridge} 1:`), readings.at) }
              : {}),
          },
        }
      : {}),
    ...(network.shared === undefined ? {} : { shared: { rate: network.shared } }),
    faults: [...foreignRoots(layout, shown), ...layoutFaults(layout, shown)],
    endpoints: endpoints.map((endpoint) => endpointView(network, endpoint, endpoints, seen)),
  }
}

/** Every device of a network that tc has something to say of. */
export const devicesOf = (network: NetworkSpec, endpoints: readonly EndpointSpec[]): string[] => [
  network.bridge,
  mediumName(network.id),
  ...endpoints.flatMap((endpoint) => [hostEndName(endpoint.id), ...shapeDevices(network, endpoint)]),
]
