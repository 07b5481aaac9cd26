import {
  addPassed,
  chainsOf,
  NOTHING_PASSED,
  type Passed,
  passedBy,
} from '../../../lib/features/shaping/passed.ts'
import {
  type Link,
  ownDevices,
  type ResolvedNetwork,
  resolveLinks,
  resolveUplink,
  type Uplink,
} from '../../../lib/features/shaping/resolve.ts'
import type { Abilities, Shape } from '../../../lib/features/shaping/shape.ts'
import { foreignRoots, layoutFaults } from '../../../lib/features/shaping/verify.ts'
import type { Readings } from '../../../lib/kernel/readings.ts'
import type { Shown } from '../../../lib/kernel/tc/show.ts'
import type { EndpointSpec } from '../../../lib/model/endpoint.ts'
import type { NetworkSpec } from '../../../lib/model/network.ts'
import { hostEndName, mediumName } from '../../../lib/values/names.ts'
import { OPEN } from '../../../lib/values/units.ts'
import type { Direction, Endpoint, Network } from '../schema/components.ts'
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

/** What has passed each way; absent where the link is not there. `out` is the part that went through the uplink. */
interface Flow {
  readonly up?: Passed | undefined
  readonly down?: Passed | undefined
  readonly out?: Passed | undefined
}

interface Moment {
  readonly passed: Passed | undefined
  readonly at: number
}

function directionView(shape: Shape | undefined, now: Moment, before: Moment | undefined): Direction {
  const { netem } = shape ?? {}
  const { bytes, packets, drops, backlog, loss } = now.passed ?? NOTHING_PASSED
  return {
    rate: shape && shape.rate < OPEN ? shape.rate : null,
    delay: netem?.delay ?? 0,
    jitter: netem?.jitter ?? 0,
    loss: netem ? meanLoss(netem) : 0,
    queue: shape?.queue.kind ?? null,
    measured: rateBetween(before, now),
    bytes,
    packets,
    drops,
    dropped: shape ? { limit: drops - loss, loss, link: 0 } : { limit: 0, loss: 0, link: drops },
    backlog,
    at: now.at,
  }
}

/** bit/s; null where a counter was not there, or went back, as that of a link made anew does */
function rateBetween(before: Moment | undefined, now: Moment): number | null {
  if (!before?.passed || !now.passed || now.at <= before.at || now.passed.bytes < before.passed.bytes)
    return null
  return Math.round(((now.passed.bytes - before.passed.bytes) * 8000) / (now.at - before.at))
}

/** Percent. Of the Gilbert-Elliott model, its stationary mean (tc-netem(8): defaults r = 1-p, 1-h = 100 %, 1-k = 0 %). */
function meanLoss({ loss, lossModel }: NonNullable<Shape['netem']>): number {
  if (!lossModel) return loss
  const [p = 0, r = 100 - p, badLoss = 100, goodLoss = 0] = lossModel.percents
  if (lossModel.model !== 'gemodel') return p
  return p + r === 0 ? goodLoss : (p * badLoss + r * goodLoss) / (p + r)
}

function endpointFlow({ endpoint, layout }: Link, readings: Readings): Flow {
  const link = hostEndName(endpoint.id)
  const chains = chainsOf(layout)
  const [up, out] = chains.filter(([first]) => first?.device !== link)
  const down = chains.find(([first]) => first?.device === link)
  const unshaped = readings.links.get(link)
  const sent = up && passedBy(up, readings)
  const outward = out && passedBy(out, readings)
  return {
    up: up ? sent && addPassed(sent, outward ?? NOTHING_PASSED) : unshaped && { ...unshaped.rx, loss: 0 },
    down: down ? passedBy(down, readings) : unshaped && { ...unshaped.tx, loss: 0 },
    out: outward,
  }
}

const momentsOf = (flowOf: (readings: Readings) => Flow, { readings, before }: Seen) => {
  const now = flowOf(readings)
  const then = before && flowOf(before)
  return (way: keyof Flow): [Moment, Moment | undefined] => [
    { passed: now[way], at: readings.at },
    before && { passed: then?.[way], at: before.at },
  ]
}

export function endpointView(resolved: Link, seen: Seen): Endpoint {
  const { network, endpoint, options, up, down, layout } = resolved
  const { shown } = seen
  const moments = momentsOf((readings) => endpointFlow(resolved, readings), seen)
  return {
    id: endpoint.id,
    network: network.id,
    link: hostEndName(endpoint.id),
    mac: endpoint.mac,
    addresses: [endpoint.address4, endpoint.address6].filter((address) => address !== undefined),
    ...(endpoint.ports?.length ? { ports: formatPorts(endpoint.ports) } : {}),
    options: endpoint.given ?? {},
    effective: formatOptions(options),
    up: directionView(up, ...moments('up')),
    down: directionView(down, ...moments('down')),
    faults: [...foreignRoots(layout, shown), ...layoutFaults(layout, shown)],
  }
}

/** What all members have sent through the uplink, and what has come in through it. */
function uplinkFlow(
  { bridge }: NetworkSpec,
  { layout }: Uplink,
  links: readonly Link[],
  readings: Readings,
): Flow {
  const out = links.map((link) => endpointFlow(link, readings).out ?? NOTHING_PASSED)
  const [down] = chainsOf(layout).filter(([first]) => first?.device === bridge)
  return { up: out.reduce(addPassed, NOTHING_PASSED), down: down && passedBy(down, readings) }
}

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

/** @param pace awaited between one endpoint and the next, of which there may be a thousand */
export async function networkView(
  network: NetworkSpec,
  endpoints: readonly EndpointSpec[],
  seen: Seen,
  pace: () => Promise<void>,
): Promise<Network> {
  const { abilities, shown } = seen
  const uplink = resolveUplink(network, abilities)
  const subnets = [...network.ipv4, ...network.ipv6]
  const links: Link[] = []
  const views: Endpoint[] = []
  for (const link of resolveLinks(network, endpoints, abilities)) {
    links.push(link)
    views.push(endpointView(link, seen))
    await pace()
  }
  const outside = uplinkView(network, uplink, links, seen)
  return {
    id: network.id,
    bridge: network.bridge,
    mtu: network.mtu,
    internal: network.internal,
    subnets: subnets.map(({ subnet }) => subnet),
    gateways: subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
    options: network.given ?? {},
    ...(outside ? { uplink: outside } : {}),
    ...(network.shared === undefined ? {} : { shared: { rate: network.shared } }),
    faults: [...foreignRoots(uplink.layout, shown), ...layoutFaults(uplink.layout, shown)],
    endpoints: views,
  }
}

/** Every device of a network that tc has something to say of. */
export const devicesOf = ({ spec, links }: ResolvedNetwork): string[] => [
  spec.bridge,
  mediumName(spec.id),
  ...[...links.values()].flatMap((link) => [hostEndName(link.endpoint.id), ...ownDevices(link)]),
]
