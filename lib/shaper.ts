import type { Host } from './kernel/host.ts'
import { shown } from './kernel/observe.ts'
import { putClass } from './kernel/tc.ts'
import { mediumName } from './names.ts'
import {
  type EndpointSpec,
  endpointLayout,
  endpointShapes,
  memberShares,
  planLink,
  planShape,
  planUplink,
  uplinkShapes,
  usesMedium,
} from './plan/endpoint.ts'
import type { Kept, NetworkSpec } from './plan/network.ts'
import {
  applyChange,
  applyPlan,
  changePlan,
  mergePlans,
  type Plan,
  repairPlan,
  revertPlan,
  step,
} from './plan/plan.ts'
import type { Abilities, Shape } from './plan/shape.ts'
import { joinLayouts, mediumClasses, planMedium, planShow, uplinkLayout } from './plan/shaping.ts'
import { layoutFaults, verifyLayout } from './plan/verify.ts'
import type { NetworkStore } from './store/networks.ts'

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
  /** Leads from one state to the other under traffic. @throws {CommandError | Error} all is as it was before */
  change(before: Members, after: Members): Promise<void>
  abilities(): Promise<Abilities>
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
    const medium = claimed ? planMedium(network) : []
    const layout = endpointLayout(network, endpoint, able, share)
    const plan = mergePlans([medium, planLink(network, endpoint), planShape(network, endpoint, able, share)])
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
    const needsMedium = after.endpoints.some((one) => usesMedium(after.network, one, able))
    const claimed = needsMedium && store.claimMedium(after.network.id)
    const has = !claimed && store.hasMedium(after.network.id)
    const was = has ? planClasses(before.network) : []
    const is = has ? planClasses(after.network) : claimed ? planMedium(after.network) : []
    try {
      await applyChange(
        mergePlans([was, planMembers(before, able)]),
        mergePlans([is, planMembers(after, able)]),
        host,
      )
      await verifyMembers(after, able, host)
    } catch (error) {
      if (claimed) store.releaseMedium(after.network.id)
      throw error
    }
  }

  return {
    abilities,
    make,
    change,
    unmake: async (network, endpoint) => {
      const able = await abilities()
      const results = await Promise.allSettled([
        revertPlan(planLink(network, endpoint), host),
        revertPlan(planShape(network, endpoint, able), host),
      ])
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
      await rebalance(network, endpoint, false)
    },
  }
}

const planClasses = (network: NetworkSpec): Plan => mediumClasses(network).map((spec) => step(putClass(spec)))

function planMembers({ network, endpoints }: Members, able: Abilities): Plan {
  const shares = memberShares(network, endpoints)
  return mergePlans([
    ...endpoints.map((one) => planShape(network, one, able, shares.get(one.id))),
    planUplink(network, able),
  ])
}

/** @throws {Error} when the kernel took a change without a word and has something else */
async function verifyMembers({ network, endpoints }: Members, able: Abilities, host: Host): Promise<void> {
  const shares = memberShares(network, endpoints)
  const layout = joinLayouts(
    ...endpoints.map((one) => endpointLayout(network, one, able, shares.get(one.id))),
    uplinkLayout(network, uplinkShapes(network, able)),
  )
  const mediums = layout.members.length > 0 ? [mediumName(network.id)] : []
  const found = await shown(host, mediums, [...new Set(layout.redirects.map(({ from }) => from))])
  const faults = layoutFaults(layout, found)
  if (faults.length > 0) throw new Error(`the kernel did not keep the change: ${faults.join('; ')}`)
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
