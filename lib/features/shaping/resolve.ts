import type { Member } from '../../kernel/tc/tree.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { LinkOptions } from '../../model/link.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { mergePlans, type Plan } from '../../plan/plan.ts'
import { hostEndName, mediumName, ownMediumName } from '../../values/names.ts'
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

/** An attachment, with everything that its shapes follow from. */
export interface Link {
  readonly network: NetworkSpec
  readonly endpoint: EndpointSpec
  /** the options in force: the attachment's override the network's */
  readonly options: LinkOptions
  /** what the container sends */
  readonly up?: Shape
  /** what the container receives */
  readonly down?: Shape
  /** what the container sends through a shaped uplink */
  readonly out?: Shape
  /** the IFB device that queues its upload: the network's, one of its own, or none */
  readonly queuedOn: 'shared' | 'own' | 'nothing'
  /** its part of the network's shared rate */
  readonly share?: Share
  /** what tc should list for it */
  readonly layout: Layout
}

/** A network's link to everything outside. */
export interface Uplink {
  readonly up?: Shape
  readonly down?: Shape
  /**
   * The qdiscs for incoming traffic, on the bridge itself. Those for outgoing traffic are in the members'
   * layouts.
   */
  readonly layout: Layout
}

/** A network with its members. */
export interface ResolvedNetwork {
  readonly spec: NetworkSpec
  readonly uplink: Uplink
  /** by endpoint id */
  readonly links: ReadonlyMap<string, Link>
}

export interface LinkContext {
  readonly abilities: Abilities
  /** see memberShares(); absent where the network shares no rate */
  readonly share?: Share | undefined
}

export const resolveLink = (network: NetworkSpec, endpoint: EndpointSpec, context: LinkContext): Link =>
  resolveMember(network, endpoint, { ...context, uplink: uplinkShapes(network, context.abilities).up })

/**
 * Resolves a network's members one at a time: a thousand take a while, and the caller can let other work run
 * in between.
 */
export function* resolveLinks(
  network: NetworkSpec,
  endpoints: readonly EndpointSpec[],
  abilities: Abilities,
): Generator<Link, void, void> {
  const uplink = uplinkShapes(network, abilities).up
  const shares = memberShares(network, endpoints)
  for (const one of endpoints)
    yield resolveMember(network, one, { abilities, share: shares.get(one.id), uplink })
}

export function resolveNetwork(
  spec: NetworkSpec,
  endpoints: readonly EndpointSpec[],
  abilities: Abilities,
): ResolvedNetwork {
  const links = [...resolveLinks(spec, endpoints, abilities)]
  return {
    spec,
    uplink: resolveUplink(spec, abilities),
    links: new Map(links.map((link) => [link.endpoint.id, link])),
  }
}

export function resolveUplink(network: NetworkSpec, abilities: Abilities): Uplink {
  const shapes = uplinkShapes(network, abilities)
  return { ...shapes, layout: shapes.down ? rootLayout(network.bridge, shapes.down) : EMPTY }
}

const uplinkShapes = (network: NetworkSpec, abilities: Abilities): { up?: Shape; down?: Shape } =>
  linkShapes(inForce(network.uplink ?? {}), {
    mtu: network.mtu,
    kept: network.kept,
    seedOf: 'uplink',
    abilities,
  })

function resolveMember(
  network: NetworkSpec,
  endpoint: EndpointSpec,
  { abilities, share, uplink }: LinkContext & { readonly uplink: Shape | undefined },
): Link {
  const options = inForce(network.options, endpoint.options)
  const context = {
    mtu: network.mtu,
    shared: network.shared,
    kept: uplink ? { ...endpoint.kept, up: true } : endpoint.kept,
    seedOf: endpoint.address4 ?? endpoint.address6 ?? endpoint.mac,
    abilities,
  }
  const { up, down } = linkShapes(options, context)
  const out = uplink && up ? outwardShape(options, up, uplink, context) : undefined
  const shapes = { ...(up ? { up } : {}), ...(down ? { down } : {}), ...(out ? { out } : {}) }
  const queuedOn = up === undefined ? 'nothing' : needsOwnDevice(network, options) ? 'own' : 'shared'
  return {
    ...{ network, endpoint, options, queuedOn },
    ...shapes,
    ...(share ? { share } : {}),
    layout: layoutOf(endpoint, queuedOn, shapes, share),
  }
}

/**
 * Linux accepts a netem that duplicates only if the tree has no other netem (net/sched/sch_netem.c,
 * check_netem_in_tree).
 */
const needsOwnDevice = (network: NetworkSpec, options: LinkOptions): boolean =>
  !needsTree(network) && (options.duplicate ?? 0) > 0

function layoutOf(
  endpoint: EndpointSpec,
  queuedOn: Link['queuedOn'],
  { up, down, out }: Pick<Link, 'up' | 'down' | 'out'>,
  share: Share | undefined,
): Layout {
  const hostEnd = hostEndName(endpoint.id)
  const { slot, mac } = endpoint
  const member: Member = { medium: mediumName(endpoint.networkId), slot, mac }
  return joinLayouts(
    down ? rootLayout(hostEnd, down) : EMPTY,
    up && queuedOn === 'own' ? soloLayout(hostEnd, ownMediumName(endpoint.id), up) : EMPTY,
    up && queuedOn === 'shared' ? memberLayout(hostEnd, member, up, share) : EMPTY,
    out ? { ...memberLayout(hostEnd, { ...member, outward: true }, out), redirects: [] } : EMPTY,
  )
}

/** In the middle, so that a member can go before or behind those that set no priority. */
export const DEFAULT_PRIORITY = 4

/** Every member's part of the network's shared rate, by endpoint id; empty if the network shares none. */
export function memberShares(network: NetworkSpec, endpoints: readonly EndpointSpec[]): Map<string, Share> {
  if (network.shared === undefined) return new Map()
  const members = endpoints.map(({ id, options }) => ({ id, ...inForce(network.options, options) }))
  const parts = sharesOf(network.shared, members)
  return new Map(
    members.map(({ id, priority = DEFAULT_PRIORITY }) => [id, { guaranteed: parts.get(id) ?? 0, priority }]),
  )
}

/** The IFB devices that only this attachment uses. */
export const ownDevices = ({ endpoint, queuedOn }: Link): string[] =>
  queuedOn === 'own' ? [ownMediumName(endpoint.id)] : []

/**
 * The part of an attachment's plan on the host's side of the link, which can therefore be applied again at
 * any time.
 */
export const planShape = (link: Link): Plan => [...planOwnDevices(link), ...planLayout(link.layout)]

export const planOwnDevices = (link: Link): Plan =>
  ownDevices(link).flatMap((device) =>
    planDevice(device, link.network.mtu, `sluice/medium/${link.endpoint.id}`),
  )

export const planUplink = ({ layout }: Uplink): Plan => planLayout(layout)

/** The plan of everything that shapes a network's members and its uplink. */
export const planShapes = ({ links, uplink }: ResolvedNetwork): Plan =>
  mergePlans([...[...links.values()].map(planShape), planUplink(uplink)])
