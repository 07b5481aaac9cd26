import { addVeth, attach, deleteLink, limitOffload, reflect, setUp } from '../../kernel/ip/device.ts'
import type { Member } from '../../kernel/tc/tree.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { LinkOptions } from '../../model/link.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { type Plan, step } from '../../plan/plan.ts'
import { hostEndName, mediumName, ownMediumName, peerEndName } from '../../values/names.ts'
import {
  EMPTY,
  joinLayouts,
  type Layout,
  memberLayout,
  planDevice,
  planLayout,
  rootLayout,
  type Share,
  soloLayout,
} from './layout.ts'
import { inForce, needsTree } from './link.ts'
import { type Abilities, linkShapes, outwardShape, type Shape } from './shape.ts'
import { sharesOf } from './shares.ts'

/** The options in force: the attachment's over the network's. */
export const linkOptions = (network: NetworkSpec, endpoint: Pick<EndpointSpec, 'options'>): LinkOptions =>
  inForce(network.options, endpoint.options)

/** What the options come to in each direction; `out` is what it sends through a shaped uplink. */
export function endpointShapes(
  network: NetworkSpec,
  endpoint: Omit<EndpointSpec, 'slot'>,
  abilities: Abilities,
): { up?: Shape; down?: Shape; out?: Shape } {
  const options = linkOptions(network, endpoint)
  const uplink = uplinkShapes(network, abilities).up
  const context = {
    mtu: network.mtu,
    shared: network.shared,
    kept: uplink ? { ...endpoint.kept, up: true } : endpoint.kept,
    seedOf: endpoint.address4 ?? endpoint.address6 ?? endpoint.mac,
    abilities,
  }
  const shapes = linkShapes(options, context)
  return uplink && shapes.up ? { ...shapes, out: outwardShape(options, shapes.up, uplink, context) } : shapes
}

export const uplinkShapes = (network: NetworkSpec, abilities: Abilities): { up?: Shape; down?: Shape } =>
  linkShapes(inForce(network.uplink ?? {}), {
    mtu: network.mtu,
    kept: network.kept,
    seedOf: 'uplink',
    abilities,
  })

/**
 * Whether the upload has an IFB device of its own: Linux takes a netem that duplicates only where no other stands in the same
 * tree (net/sched/sch_netem.c, check_netem_in_tree).
 */
const isSolo = (network: NetworkSpec, endpoint: Pick<EndpointSpec, 'options'>): boolean =>
  !needsTree(network) && (linkOptions(network, endpoint).duplicate ?? 0) > 0

/** Whether what the endpoint sends is queued on the network's medium. */
export const usesMedium = (
  network: NetworkSpec,
  endpoint: Omit<EndpointSpec, 'slot'>,
  abilities: Abilities,
): boolean => !isSolo(network, endpoint) && endpointShapes(network, endpoint, abilities).up !== undefined

export const memberOf = ({ networkId, slot, mac }: EndpointSpec): Member => ({
  medium: mediumName(networkId),
  slot,
  mac,
})

/** What every member of the network has of its shared rate, by endpoint id; empty where nothing is shared. */
export function memberShares(network: NetworkSpec, endpoints: readonly EndpointSpec[]): Map<string, Share> {
  if (network.shared === undefined) return new Map()
  const options = new Map(endpoints.map((one) => [one.id, linkOptions(network, one)]))
  const parts = sharesOf(
    network.shared,
    endpoints.map(({ id }) => ({ id, min: options.get(id)?.min })),
  )
  return new Map(
    endpoints.map(({ id }) => [
      id,
      { guaranteed: parts.get(id) ?? 0, priority: options.get(id)?.priority ?? DEFAULT_PRIORITY },
    ]),
  )
}

/** In the middle, so that a member can be put before or behind those that say nothing. */
export const DEFAULT_PRIORITY = 4

/** What tc should show of the endpoint. */
export function endpointLayout(
  network: NetworkSpec,
  endpoint: EndpointSpec,
  abilities: Abilities,
  share?: Share,
): Layout {
  const hostEnd = hostEndName(endpoint.id)
  const { up, down, out } = endpointShapes(network, endpoint, abilities)
  const member = memberOf(endpoint)
  return joinLayouts(
    down ? rootLayout(hostEnd, down) : EMPTY,
    up && isSolo(network, endpoint) ? soloLayout(hostEnd, ownMediumName(endpoint.id), up) : EMPTY,
    up && !isSolo(network, endpoint) ? memberLayout(hostEnd, member, up, share) : EMPTY,
    out ? { ...memberLayout(hostEnd, { ...member, outward: true }, out), redirects: [] } : EMPTY,
  )
}

/** seconds of sending that an offload packet may hold */
const OFFLOAD_TIME = 1e-3
/** bytes: a kernel makes none larger by itself */
const LARGEST_OFFLOAD = 65_536
/** bytes: it takes no limit below a TCP header's room, which is 320 at most */
const LEAST_OFFLOAD = 512

/** Offload packets no longer than a millisecond of the upload rate that the link is made with. */
function planOffload(peerEnd: string, { rate }: Shape, mtu: number): Plan {
  const bytes = Math.ceil((rate / 8) * OFFLOAD_TIME)
  if (bytes >= LARGEST_OFFLOAD) return []
  return [
    step(limitOffload(peerEnd, Math.max(LEAST_OFFLOAD, mtu, bytes), Math.max(1, Math.floor(bytes / mtu)))),
  ]
}

/** The link itself, from the host's bridge to what the engine will move away. */
export function planLink(network: NetworkSpec, endpoint: EndpointSpec, abilities: Abilities): Plan {
  const { up } = endpointShapes(network, endpoint, abilities)
  const hostEnd = hostEndName(endpoint.id)
  const peerEnd = peerEndName(endpoint.id)
  const alias = `sluice/endpoint/${endpoint.id}`
  const [add, ...dress] = addVeth({ hostEnd, peerEnd, mtu: network.mtu, mac: endpoint.mac, alias })
  return [
    ...(add ? [step(add, deleteLink(hostEnd))] : []),
    ...dress.map((command) => step(command)),
    ...(up ? planOffload(peerEnd, up, network.mtu) : []),
    ...planPort(network, endpoint),
  ]
}

/** The host end's place on the bridge. */
export const planPort = ({ bridge }: NetworkSpec, { id, hairpin, ports }: EndpointSpec): Plan => [
  step(attach(hostEndName(id), bridge)),
  ...(hairpin || ports ? [step(reflect(hostEndName(id)))] : []),
  step(setUp(hostEndName(id))),
]

/** The part of the plan that lives on the host's side of the link, and so can be set again at any time. */
export const planShape = (
  network: NetworkSpec,
  endpoint: EndpointSpec,
  abilities: Abilities,
  share?: Share,
): Plan => [
  ...(isSolo(network, endpoint)
    ? planDevice(ownMediumName(endpoint.id), network.mtu, `sluice/medium/${endpoint.id}`)
    : []),
  ...planLayout(endpointLayout(network, endpoint, abilities, share)),
]

/**
 * What must happen on the host for the endpoint to exist: a link on the network's bridge, shaped before the engine
 * moves its peer into the container.
 */
export const planEndpoint = (
  network: NetworkSpec,
  endpoint: EndpointSpec,
  abilities: Abilities,
  share?: Share,
): Plan => [...planLink(network, endpoint, abilities), ...planShape(network, endpoint, abilities, share)]

/** IFB devices that are there for one attachment alone. */
export const shapeDevices = (network: NetworkSpec, endpoint: EndpointSpec): string[] =>
  isSolo(network, endpoint) ? [ownMediumName(endpoint.id)] : []

/** What comes into the network from outside leaves the bridge itself; what goes out is in its members' layouts. */
export function uplinkLayout(network: NetworkSpec, abilities: Abilities): Layout {
  const { down } = uplinkShapes(network, abilities)
  return down ? rootLayout(network.bridge, down) : EMPTY
}

export const planUplink = (network: NetworkSpec, abilities: Abilities): Plan =>
  planLayout(uplinkLayout(network, abilities))
