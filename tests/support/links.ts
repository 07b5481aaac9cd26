import { planLink } from '../../lib/features/link/endpoint.ts'
import { type Link, planShape, resolveNetwork } from '../../lib/features/shaping/resolve.ts'
import type { Abilities } from '../../lib/features/shaping/shape.ts'
import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { NetworkSpec } from '../../lib/model/network.ts'
import type { Plan } from '../../lib/plan/plan.ts'

/** A member of a network. @param all the network's members, of which it is one */
export function linkOf(
  network: NetworkSpec,
  endpoint: EndpointSpec,
  abilities: Abilities,
  all: readonly EndpointSpec[] = [endpoint],
): Link {
  const link = resolveNetwork(network, all, abilities).links.get(endpoint.id)
  if (!link) throw new Error(`endpoint ${endpoint.id} is not among the members`)
  return link
}

/** All that happens on the host for the member to exist. */
export const planMember = (link: Link): Plan => [
  ...planLink(link.network, link.endpoint, link.up?.rate),
  ...planShape(link),
]
