import { isDeepStrictEqual } from 'node:util'
import type { Host } from '../../kernel/host.ts'
import { shown } from '../../kernel/tc/show.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { Kept, NetworkSpec } from '../../model/network.ts'
import {
  applyChange,
  applyPlan,
  changePlan,
  mergePlans,
  type Plan,
  repairPlan,
  revertPlan,
} from '../../plan/plan.ts'
import type { NetworkStore } from '../../store/networks.ts'
import { InvalidRequestError } from '../../values/errors.ts'
import { mediumName } from '../../values/names.ts'
import { joinLayouts, type Layout, planBare, planMedium, planShow, planTrunk } from './layout.ts'
import {
  type Link,
  memberShares,
  planShape,
  planShapes,
  type ResolvedNetwork,
  resolveLink,
  resolveUplink,
} from './resolve.ts'
import type { Abilities, Shape } from './shape.ts'
import { foreignRoots, layoutFaults, verifyLayout } from './verify.ts'

/** What the functions of this file work with. The store already contains the wanted state. */
export interface ShapingParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly abilities: () => Promise<Abilities>
}

const membersOf = (store: NetworkStore, network: NetworkSpec): EndpointSpec[] =>
  store.endpoints(network.id).map(({ spec }) => spec)

/**
 * Makes a link with its shape.
 *
 * @param veth the plan of the link itself
 * @throws {CommandError | Error} the link could not be made or shaped; nothing of it is left
 */
export async function makeLink(parts: ShapingParts, resolved: Link, veth: Plan): Promise<void> {
  const { host, store } = parts
  const { network, endpoint } = resolved
  const abilities = await parts.abilities()
  const share = memberShares(network, membersOf(store, network)).get(endpoint.id)
  const link = share ? resolveLink(network, endpoint, { abilities, share }) : resolved
  // The first member that needs the medium creates it, and it goes with the network.
  const claimed = link.queuedOn === 'shared' && store.claimMedium(network.id)
  const medium = claimed ? planMedium(network, resolveUplink(network, abilities).up) : []
  const plan = mergePlans([medium, veth, planShape(link)])
  try {
    verifyLayout(link.layout, await applyPlan([...plan, ...planShow(link.layout)], host))
    await rebalance(parts, link, 'comes')
  } catch (error) {
    // The caller retries the reverts that fail here, and reports them.
    const failed = await revertPlan(plan, host).then(
      () => false,
      () => true,
    )
    if (claimed && !failed) store.releaseMedium(network.id)
    throw error
  }
}

/** Deletes a link with its shape. @param veth the plan that made the link itself @throws {AggregateError} */
export async function unmakeLink(parts: ShapingParts, link: Link, veth: Plan): Promise<void> {
  const results = await Promise.allSettled([
    revertPlan(veth, parts.host),
    revertPlan(planShape(link), parts.host),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  await rebalance(parts, link, 'goes')
}

/** Updates the other members' parts of a shared rate when a member comes or goes. */
async function rebalance(
  parts: ShapingParts,
  { network, endpoint }: Link,
  way: 'comes' | 'goes',
): Promise<void> {
  if (network.shared === undefined) return
  const abilities = await parts.abilities()
  const others = membersOf(parts.store, network).filter(({ id }) => id !== endpoint.id)
  const apart = memberShares(network, others)
  const together = memberShares(network, [...others, endpoint])
  const moved = others.filter(({ id }) => apart.get(id)?.guaranteed !== together.get(id)?.guaranteed)
  const plan = (shares: typeof apart): Plan =>
    moved.flatMap((other) =>
      planShape(resolveLink(network, other, { abilities, share: shares.get(other.id) })),
    )
  const [before, after] = way === 'comes' ? [apart, together] : [together, apart]
  const { apply } = changePlan(plan(before), plan(after))
  // A member that is still being made, or is going, may lack some classes or qdiscs.
  await repairPlan(apply, parts.host, 'missing')
}

/**
 * Changes a network and its members from one state to another under traffic.
 *
 * @throws {InvalidRequestError | CommandError | Error} everything is as it was before
 */
export async function changeLinks(
  { host, store }: ShapingParts,
  before: ResolvedNetwork,
  after: ResolvedNetwork,
): Promise<void> {
  await refuseForeign(layoutOf(after), host)
  const { id } = after.spec
  const needsMedium = [...after.links.values()].some(({ queuedOn }) => queuedOn === 'shared')
  const claimed = needsMedium && store.claimMedium(id)
  const has = !claimed && store.hasMedium(id)
  const was = mergePlans([has ? trunkOf(before) : [], planShapes(before)])
  const medium = claimed ? planMedium(after.spec, after.uplink.up) : has ? trunkOf(after) : []
  const is = mergePlans([medium, planShapes(after)])
  try {
    await applyChange(was, is, host)
    await settle(changedLinks(before, after), host).catch(async (error: unknown) => {
      await applyChange(is, was, host)
      throw error
    })
  } catch (error) {
    await repairPlan(planBare(layoutOf(before), layoutOf(after)), host, 'missing')
    if (claimed) store.releaseMedium(id)
    throw error
  }
}

const trunkOf = ({ spec, uplink }: ResolvedNetwork): Plan => planTrunk(spec, uplink.up)

const layoutOf = ({ links, uplink }: ResolvedNetwork): Layout =>
  joinLayouts(...[...links.values()].map(({ layout }) => layout), uplink.layout)

/**
 * Reads back the changed parts. If they differ, somebody else has changed them: applies all of them again.
 */
async function settle(changed: ResolvedNetwork, host: Host): Promise<void> {
  const layout = layoutOf(changed)
  if ((await faultsOf(layout, changed.spec, host)).length === 0) return
  await repairPlan(planShapes(changed), host)
  const faults = await faultsOf(layout, changed.spec, host)
  if (faults.length > 0) throw new Error(`the kernel did not keep the change: ${faults.join('; ')}`)
}

/**
 * The links that a change affects: all of them if it changes the network itself, or if members share a rate.
 */
function changedLinks(before: ResolvedNetwork, after: ResolvedNetwork): ResolvedNetwork {
  if (after.spec.shared !== undefined || !isDeepStrictEqual(after.spec, before.spec)) return after
  const links = [...after.links].filter(
    ([id, { endpoint }]) => !isDeepStrictEqual(endpoint, before.links.get(id)?.endpoint),
  )
  return { ...after, links: new Map(links) }
}

async function faultsOf(layout: Layout, { id }: NetworkSpec, host: Host): Promise<string[]> {
  const mediums = layout.members.length > 0 ? [mediumName(id)] : []
  const redirected = new Set(layout.redirects.map(({ from }) => from))
  return layoutFaults(layout, await shown(host, mediums, [...redirected]))
}

/** @throws {InvalidRequestError} another program's root qdisc is where ours would go */
async function refuseForeign(layout: Layout, host: Host): Promise<void> {
  const foreign = foreignRoots(layout, await shown(host, [], []))
  if (foreign.length > 0) throw new InvalidRequestError(foreign.join('; '))
}

type Directions = { readonly up?: Shape; readonly down?: Shape }

const keptOf = (kept: Kept | undefined, { up, down }: Directions): Kept => ({
  ...(kept?.up || up ? { up: true } : {}),
  ...(kept?.down || down ? { down: true } : {}),
})

/** The wanted state of a network and its members. */
export interface Members {
  readonly network: NetworkSpec
  readonly endpoints: readonly EndpointSpec[]
}

/** Marks each direction that is shaped, so that it keeps its qdiscs from now on. */
export const keepShapes = ({ spec, uplink, links }: ResolvedNetwork): Members => ({
  network: { ...spec, kept: keptOf(spec.kept, uplink) },
  endpoints: [...links.values()].map(({ endpoint, up, down }) => ({
    ...endpoint,
    kept: keptOf(endpoint.kept, { ...(up ? { up } : {}), ...(down ? { down } : {}) }),
  })),
})
