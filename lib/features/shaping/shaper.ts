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
import {
  endpointLayout,
  endpointShapes,
  memberShares,
  planEndpoint,
  planLink,
  planShape,
  planUplink,
  uplinkLayout,
  uplinkShapes,
  usesMedium,
} from './endpoint.ts'
import { joinLayouts, type Layout, planBare, planMedium, planShow, planTrunk } from './layout.ts'
import type { Abilities, Shape } from './shape.ts'
import { foreignRoots, layoutFaults, verifyLayout } from './verify.ts'

/** A network with its members, as they should be. */
export interface Members {
  readonly network: NetworkSpec
  readonly endpoints: readonly EndpointSpec[]
}

/** Links and their shapes on the host. What is to be is in the store already. */
export interface Shaper {
  /** @throws {CommandError | Error} the link could not be made or shaped; nothing of it is left */
  make(network: NetworkSpec, endpoint: EndpointSpec): Promise<void>
  unmake(network: NetworkSpec, endpoint: EndpointSpec): Promise<void>
  /** The same for all that a network has: what hangs on their links goes along with these. */
  unmakeAll(network: NetworkSpec, endpoints: readonly EndpointSpec[]): Promise<void>
  /** Leads from one state to the other under traffic. @throws {CommandError | Error} all is as it was before */
  change(before: Members, after: Members): Promise<void>
}

export interface ShaperParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly abilities: () => Promise<Abilities>
}

export function createShaper({ host, store, abilities }: ShaperParts): Shaper {
  const membersOf = (network: NetworkSpec): EndpointSpec[] =>
    store.endpoints(network.id).map(({ spec }) => spec)

  /** Gives the members of a shared rate their parts anew, when one has come or gone. */
  const rebalance = async (network: NetworkSpec, one: EndpointSpec, comes: boolean): Promise<void> => {
    if (network.shared === undefined) return
    const others = membersOf(network).filter(({ id }) => id !== one.id)
    const apart = memberShares(network, others)
    const together = memberShares(network, [...others, one])
    const moved = others.filter(({ id }) => apart.get(id)?.guaranteed !== together.get(id)?.guaranteed)
    const able = await abilities()
    const plan = (shares: typeof apart): Plan =>
      moved.flatMap((other) => planShape(network, other, able, shares.get(other.id)))
    const { apply } = changePlan(plan(comes ? apart : together), plan(comes ? together : apart))
    // One that is still being made, or is going, is not all there.
    await repairPlan(apply, host, 'missing')
  }

  const make = async (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> => {
    const able = await abilities()
    const shares = memberShares(network, membersOf(network))
    const share = shares.get(endpoint.id)
    // The medium comes with the first member that needs it, and goes with the network.
    const claimed = usesMedium(network, endpoint, able) && store.claimMedium(network.id)
    const medium = claimed ? planMedium(network, uplinkShapes(network, able).up) : []
    const layout = endpointLayout(network, endpoint, able, share)
    const plan = mergePlans([
      medium,
      planLink(network, endpoint, able),
      planShape(network, endpoint, able, share),
    ])
    try {
      verifyLayout(layout, await applyPlan([...plan, ...planShow(layout)], host))
      await rebalance(network, endpoint, true)
    } catch (error) {
      // What cannot be taken back now is tried again by the caller, who also says so.
      const failed = await revertPlan(plan, host).then(
        () => false,
        () => true,
      )
      if (claimed && !failed) store.releaseMedium(network.id)
      throw error
    }
  }

  const change = async (before: Members, after: Members): Promise<void> => {
    const able = await abilities()
    await refuseForeign(layoutOf(after, able), host)
    const claimed = after.endpoints.some((one) => usesMedium(after.network, one, able))
      ? store.claimMedium(after.network.id)
      : false
    const has = !claimed && store.hasMedium(after.network.id)
    const was = mergePlans([has ? trunkOf(before.network, able) : [], planMembers(before, able)])
    const medium = claimed
      ? planMedium(after.network, uplinkShapes(after.network, able).up)
      : has
        ? trunkOf(after.network, able)
        : []
    const is = mergePlans([medium, planMembers(after, able)])
    try {
      await applyChange(was, is, host)
      await settle(before, after, able).catch(async (error: unknown) => {
        await applyChange(is, was, host)
        throw error
      })
    } catch (error) {
      await repairPlan(planBare(layoutOf(before, able), layoutOf(after, able)), host, 'missing')
      if (claimed) store.releaseMedium(after.network.id)
      throw error
    }
  }

  /** Reads back what was changed, and sets it as a whole where somebody else's hand shows. */
  const settle = async (before: Members, after: Members, able: Abilities): Promise<void> => {
    const changed = changedMembers(before, after)
    const layout = layoutOf(changed, able)
    if ((await faultsOf(layout, after.network, host)).length === 0) return
    await repairPlan(planMembers(changed, able), host)
    const faults = await faultsOf(layout, after.network, host)
    if (faults.length > 0) throw new Error(`the kernel did not keep the change: ${faults.join('; ')}`)
  }

  return {
    make,
    change,
    unmake: async (network, endpoint) => {
      const able = await abilities()
      const results = await Promise.allSettled([
        revertPlan(planLink(network, endpoint, able), host),
        revertPlan(planShape(network, endpoint, able), host),
      ])
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
      await rebalance(network, endpoint, false)
    },
    unmakeAll: async (network, endpoints) => {
      const able = await abilities()
      const plan = endpoints.flatMap((one) => planEndpoint(network, one, able))
      await revertPlan(
        plan.filter(({ apply }) => apply.program === 'ip'),
        host,
      )
    },
  }
}

const trunkOf = (network: NetworkSpec, able: Abilities): Plan =>
  planTrunk(network, uplinkShapes(network, able).up)

function planMembers({ network, endpoints }: Members, able: Abilities): Plan {
  const shares = memberShares(network, endpoints)
  return mergePlans([
    ...endpoints.map((one) => planShape(network, one, able, shares.get(one.id))),
    planUplink(network, able),
  ])
}

function layoutOf({ network, endpoints }: Members, able: Abilities): Layout {
  const shares = memberShares(network, endpoints)
  return joinLayouts(
    ...endpoints.map((one) => endpointLayout(network, one, able, shares.get(one.id))),
    uplinkLayout(network, able),
  )
}

/** The members that a change concerns: all where the network itself is changed, or what its members share. */
function changedMembers(before: Members, { network, endpoints }: Members): Members {
  if (network.shared !== undefined || JSON.stringify(network) !== JSON.stringify(before.network))
    return { network, endpoints }
  const known = new Set(before.endpoints.map((one) => JSON.stringify(one)))
  return { network, endpoints: endpoints.filter((one) => !known.has(JSON.stringify(one))) }
}

async function faultsOf(layout: Layout, { id }: NetworkSpec, host: Host): Promise<string[]> {
  const mediums = layout.members.length > 0 ? [mediumName(id)] : []
  const redirected = new Set(layout.redirects.map(({ from }) => from))
  return layoutFaults(layout, await shown(host, mediums, [...redirected]))
}

/** @throws {InvalidRequestError} somebody else's root qdisc stands where ours would go */
async function refuseForeign(layout: Layout, host: Host): Promise<void> {
  const foreign = foreignRoots(layout, await shown(host, [], []))
  if (foreign.length > 0) throw new InvalidRequestError(foreign.join('; '))
}

type Directions = { readonly up?: Shape; readonly down?: Shape }

const keptOf = (kept: Kept | undefined, { up, down }: Directions): Kept => ({
  ...(kept?.up || up ? { up: true } : {}),
  ...(kept?.down || down ? { down: true } : {}),
})

/** The members with the mark on each direction that is shaped, so that it keeps its qdiscs from now on. */
export const keepShapes = ({ network, endpoints }: Members, able: Abilities): Members => ({
  network: { ...network, kept: keptOf(network.kept, uplinkShapes(network, able)) },
  endpoints: endpoints.map((one) => ({
    ...one,
    kept: keptOf(one.kept, endpointShapes(network, one, able)),
  })),
})
