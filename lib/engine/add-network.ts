import { planLink } from '../features/link/endpoint.ts'
import { planForwarding, planNetwork } from '../features/link/network.ts'
import { planMedium } from '../features/shaping/layout.ts'
import { planOwnDevices, planUplink, resolveLinks, resolveUplink } from '../features/shaping/resolve.ts'
import { surroundings } from '../kernel/ip/surroundings.ts'
import type { NetworkSpec } from '../model/network.ts'
import { applyPlan, revertPlan } from '../plan/plan.ts'
import { afterwards, together } from '../values/promises.ts'
import { checkNetwork, refuseConflicts, requireAble } from './checks.ts'
import { leaveRules, type Parts } from './parts.ts'

/** A network that is to be; without an MTU it gets that of the host's default route. */
export type WantedNetwork = Omit<NetworkSpec, 'mtu'> & Partial<Pick<NetworkSpec, 'mtu'>>

/**
 * Does nothing where the network is there already.
 *
 * @throws {InvalidRequestError | CommandError} nothing of it is left
 */
export async function addNetwork(parts: Parts, wanted: WantedNetwork): Promise<void> {
  const { queue, store, capabilities, host } = parts
  const { id } = wanted
  // What is still there would be in this one's way. What cannot be removed, the conflict that it is names.
  const cleared = endLeaving(parts).catch(() => undefined)
  await queue(id, async () => {
    await cleared
    if (store.networks().some(({ spec, ready }) => spec.id === id && ready)) return
    await requireAble({ network: wanted, endpoints: [] }, capabilities)
    await unmakeNetwork(parts, id)
    const around = await surroundings(host)
    const spec: NetworkSpec = { ...wanted, mtu: wanted.mtu ?? around.mtu }
    checkNetwork(spec)
    // No wait between this and the row: of two networks that want the same, the second finds the first one's.
    refuseConflicts(
      spec,
      around,
      store.networks().map((row) => row.spec),
    )
    store.addNetwork(spec)
    await makeNetwork(parts, spec, around.outward)
  })
}

async function makeNetwork(parts: Parts, spec: NetworkSpec, outward: readonly string[]): Promise<void> {
  const { host, store, firewall } = parts
  const bridge = planNetwork(spec)
  const makeLinks = async (): Promise<void> => {
    const uplink = spec.uplink ? planUplink(resolveUplink(spec, await parts.abilities())) : []
    await applyPlan([...bridge, ...uplink, ...planForwarding(spec)], host)
  }
  const making = makeLinks()
  const [made, admitted] = await Promise.allSettled([making, firewall.admit(spec, outward, making)])
  if (made.status === 'fulfilled' && admitted.status === 'fulfilled') return store.networkReady(spec.id)
  store.networkLeaving(spec.id)
  const takeBack = async (): Promise<void> => {
    // A bridge that could not be made is not ours to delete: the name may be somebody else's.
    if (made.status === 'fulfilled') await revertPlan(bridge, host)
    await leaveRules(parts, firewall.dismiss(spec))
    store.removeNetwork(spec.id)
  }
  await afterwards(
    made.status === 'rejected' ? made.reason : (admitted as PromiseRejectedResult).reason,
    orStuck(parts, spec.id, takeBack()),
  )
}

export const removeNetwork = (parts: Parts, id: string): Promise<void> =>
  parts.queue(id, () => unmakeNetwork(parts, id))

/**
 * Removes what could not be removed when it should have been.
 *
 * @returns ids of the networks that are gone now
 */
export async function endLeaving(parts: Parts): Promise<string[]> {
  const ids = [...parts.stuck]
  await together(...ids.map((id) => removeNetwork(parts, id)))
  return ids
}

const unmakeNetwork = (parts: Parts, id: string): Promise<void> => orStuck(parts, id, takeNetwork(parts, id))

async function takeNetwork(parts: Parts, id: string): Promise<void> {
  const { host, store, firewall, publisher } = parts
  const spec = store.network(id)
  if (!spec) return
  store.networkLeaving(id)
  const endpoints = store.endpoints(id).map((row) => row.spec)
  const members = [...resolveLinks(spec, endpoints, await parts.abilities())]
  const links = members.flatMap((link) => [...planLink(spec, link.endpoint), ...planOwnDevices(link)])
  await Promise.all(endpoints.map((one) => leaveRules(parts, publisher.withdraw(one.id))))
  // Side by side, since the kernel waits for a grace period after each deletion.
  await together(
    revertPlan(links, host),
    revertPlan(planNetwork(spec), host),
    store.hasMedium(id) ? revertPlan(planMedium(spec), host) : undefined,
    leaveRules(parts, firewall.dismiss(spec)),
  )
  store.removeNetwork(id)
}

/** Notes whether a removal has to be tried again. */
const orStuck = ({ stuck }: Parts, id: string, removal: Promise<void>): Promise<void> =>
  removal.then(
    () => void stuck.delete(id),
    (error: unknown) => {
      stuck.add(id)
      throw error
    },
  )
