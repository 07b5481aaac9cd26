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

/** An attachment with all that follows from it for its shapes. */
export interface Link {
  readonly network: NetworkSpec
  readonly endpoint: EndpointSpec
  /** the options in force: the attachment's over the network's */
  readonly options: LinkOptions
  /** what the container sends */
  readonly up?: Shape
  /** what the container receives */
  readonly down?: Shape
  /** what the container sends through a shaped uplink */
  readonly out?: Shape
  /** the IFB device that its upload is queued on: the network's, one of its own, or none */
  readonly queuedOn: 'shared' | 'own' | 'nothing'
  /** what it has of a rate that the network shares */
  readonly share?: Share
  /** what tc should show of it */
  readonly layout: Layout
}

/** A network's link to everything outside. */
export interface Uplink {
  readonly up?: Shape
  readonly down?: Shape
  /** What comes in leaves the bridge itself; what goes out is in the members' layouts. */
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
 * All members of a network, one after the other: a thousand take a while, in which others want their turn.
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
 * Linux takes a netem that duplicates only where no other stands in the same tree (net/sched/sch_netem.c,
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

/** In the middle, so that a member can be put before or behind those that say nothing. */
export const DEFAULT_PRIORITY = 4

/** What every member of the network has of its shared rate, by endpoint id; empty where nothing is shared. */
export function memberShares(network: NetworkSpec, endpoints: readonly EndpointSpec[]): Map<string, Share> {
  if (network.shared === undefined) return new Map()
  const members = endpoints.map(({ id, options }) => ({ id, ...inForce(network.options, options) }))
  const parts = sharesOf(network.shared, members)
  return new Map(
    members.map(({ id, priority = DEFAULT_PRIORITY }) => [id, { guaranteed: parts.get(id) ?? 0, priority }]),
  )
}

/** IFB devices that are there for one attachment alone. */
export const ownDevices = ({ endpoint, queuedOn }: Link): string[] =>
  queuedOn === 'own' ? [ownMediumName(endpoint.id)] : []

/**
 * The part of an attachment's plan that lives on the host's side of the link, and so can be set again at any
 * time.
 */
export const planShape = (link: Link): Plan => [...planOwnDevices(link), ...planLayout(link.layout)]

export const planOwnDevices = (link: Link): Plan =>
  ownDevices(link).flatMap((device) =>
    planDevice(device, link.network.mtu, `sluice/medium/${link.endpoint.id}`),
  )

export const planUplink = ({ layout }: Uplink): Plan => planLayout(layout)

/** The plan of all that shapes a network's members and its uplink. */
export const planShapes = ({ links, uplink }: ResolvedNetwork): Plan =>
  mergePlans([...[...links.values()].map(planShape), planUplink(uplink)])
