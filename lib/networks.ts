import { parseSubnet, type Subnet } from './addresses.ts'
import { InvalidRequestError } from './errors.ts'
import type { Firewall } from './firewall.ts'
import type { Host } from './kernel/host.ts'
import { type Surroundings, surroundings } from './kernel/observe.ts'
import { mediumName } from './names.ts'
import { type EndpointSpec, expectedShape, planEndpoint, usesMedium } from './plan/endpoint.ts'
import { type NetworkSpec, planForwarding, planNetwork } from './plan/network.ts'
import { applyPlan, revertPlan } from './plan/plan.ts'
import { planMedium } from './plan/shaping.ts'
import { verifyShape } from './plan/verify.ts'
import { createQueue } from './queue.ts'
import type { NetworkStore } from './store/networks.ts'

/**
 * Networks and endpoints, in the store and on the host: the one place that acts.
 *
 * Every call is written down first and carried out second; one that fails leaves neither. Removing what is
 * gone, or was never there, is no error.
 */
export interface Networks {
  /**
   * @param describe gives the spec from what the host has already
   * @throws {InvalidRequestError | CommandError}
   */
  addNetwork(
    id: string,
    describe: (around: Surroundings) => NetworkSpec,
    look: { ipv6: boolean },
  ): Promise<void>
  removeNetwork(id: string): Promise<void>
  /** @throws {InvalidRequestError} it is not known */
  network(id: string): NetworkSpec
  /** @throws {InvalidRequestError | CommandError} */
  addEndpoint(network: NetworkSpec, wanted: Omit<EndpointSpec, 'slot'>): Promise<void>
  /** Notes that the engine takes the interface now. @throws {InvalidRequestError} it is not known */
  join(id: string): EndpointSpec
  removeEndpoint(id: string): Promise<void>
}

export function createNetworks(host: Host, store: NetworkStore, firewall: Firewall): Networks {
  const queue = createQueue()

  const makeNetwork = async (spec: NetworkSpec, outward: readonly string[]): Promise<void> => {
    store.addNetwork(spec)
    const plan = planNetwork(spec)
    const [made, admitted] = await Promise.allSettled([
      applyPlan([...plan, ...planForwarding(spec)], host),
      firewall.admit(spec, outward),
    ])
    if (made.status === 'fulfilled' && admitted.status === 'fulfilled') return store.networkReady(spec.id)
    store.networkLeaving(spec.id)
    // A bridge that could not be made is not ours to delete: the name may be somebody else's.
    await together(made.status === 'fulfilled' ? revertPlan(plan, host) : undefined, firewall.dismiss(spec))
    store.removeNetwork(spec.id)
    throw made.status === 'rejected' ? made.reason : (admitted as PromiseRejectedResult).reason
  }

  /** Mediums that this process has made. */
  const mediums = new Set<string>()

  const usersOf = (network: NetworkSpec) =>
    store.endpoints(network.id).filter(({ spec }) => usesMedium(network, spec))

  /** The medium is there from the first member that needs it to the last. */
  const withMedium = (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> =>
    queue(mediumName(network.id), async () => {
      if (!usesMedium(network, endpoint)) return
      const made = mediums.has(network.id) || usersOf(network).some(({ ready }) => ready)
      if (!made) await applyPlan(planMedium(network), host)
      mediums.add(network.id)
    })

  const withoutMedium = (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> =>
    queue(mediumName(network.id), async () => {
      if (!usesMedium(network, endpoint) || usersOf(network).length > 0) return
      await revertPlan(planMedium(network), host)
      mediums.delete(network.id)
    })

  const unmake = async (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> => {
    await revertPlan(planEndpoint(network, endpoint), host)
    store.removeEndpoint(endpoint.id)
    await withoutMedium(network, endpoint)
  }

  const makeEndpoint = async (network: NetworkSpec, wanted: Omit<EndpointSpec, 'slot'>): Promise<void> => {
    const endpoint = store.addEndpoint(wanted)
    try {
      await withMedium(network, endpoint)
      await together(
        applyPlan([...planEndpoint(network, endpoint), ...planForwarding(network)], host),
        firewall.expectGate(),
      )
      await verifyShape(expectedShape(network, endpoint), host)
      store.endpointReady(endpoint.id)
    } catch (error) {
      await unmake(network, endpoint)
      throw error
    }
  }

  const ownSubnets = (): Subnet[] =>
    store
      .networks()
      .flatMap(({ spec }) => [...spec.ipv4, ...spec.ipv6].map(({ subnet }) => parseSubnet(subnet)))

  const network = (id: string): NetworkSpec => {
    const spec = store.network(id)
    if (spec) return spec
    throw new InvalidRequestError(`network ${id} is not one of this plugin's: remove it and create it again`)
  }

  return {
    network,
    addNetwork: (id, describe, look) =>
      queue(id, async () => {
        if (store.network(id)) return
        const around = await surroundings(host, look)
        await makeNetwork(
          describe({ ...around, connected: [...around.connected, ...ownSubnets()] }),
          around.outward,
        )
      }),
    removeNetwork: (id) =>
      queue(id, async () => {
        const spec = store.network(id)
        if (!spec) return
        store.networkLeaving(id)
        for (const row of store.endpoints(id)) await unmake(spec, row.spec)
        await together(revertPlan(planNetwork(spec), host), firewall.dismiss(spec))
        store.removeNetwork(id)
      }),
    addEndpoint: (spec, wanted) =>
      queue(wanted.id, async () => {
        if (!store.endpoint(wanted.id)) await makeEndpoint(spec, wanted)
      }),
    join: (id) => {
      const endpoint = store.endpoint(id)
      if (!endpoint)
        throw new InvalidRequestError(`endpoint ${id} is not one of this plugin's: connect it again`)
      store.endpointJoined(id)
      return endpoint
    },
    removeEndpoint: (id) =>
      queue(id, async () => {
        const endpoint = store.endpoint(id)
        const spec = endpoint && store.network(endpoint.networkId)
        if (endpoint && spec) await unmake(spec, endpoint)
      }),
  }
}

/** Runs all to their end, so that nothing is still at work when the first failure is answered. */
async function together(...tasks: (Promise<unknown> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  )
  if (failed.length > 1) throw new AggregateError(failed, failed.map(({ message }) => message).join('; '))
  if (failed.length === 1) throw failed[0]
}
