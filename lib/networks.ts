import { parseSubnet, type Subnet } from './addresses.ts'
import { InvalidRequestError, messageOf } from './errors.ts'
import type { Firewall } from './firewall.ts'
import type { Host } from './kernel/host.ts'
import { type Surroundings, surroundings } from './kernel/surroundings.ts'
import { mediumName } from './names.ts'
import {
  type EndpointSpec,
  expectedShape,
  planEndpoint,
  planLink,
  planShape,
  usesMedium,
} from './plan/endpoint.ts'
import { type NetworkSpec, planForwarding, planNetwork } from './plan/network.ts'
import { applyPlan, mergePlans, revertPlan } from './plan/plan.ts'
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
  addNetwork(id: string, describe: (around: Surroundings) => NetworkSpec): Promise<void>
  removeNetwork(id: string): Promise<void>
  /** @throws {InvalidRequestError} it is not known */
  network(id: string): NetworkSpec
  /** @throws {InvalidRequestError | CommandError} */
  addEndpoint(network: NetworkSpec, wanted: Omit<EndpointSpec, 'slot'>): Promise<void>
  /** Notes that the engine takes the interface now. @throws {InvalidRequestError} it is not known */
  join(id: string): EndpointSpec
  removeEndpoint(id: string): Promise<void>
}

export interface NetworksParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly firewall: Firewall
}

export function createNetworks({ host, store, firewall }: NetworksParts): Networks {
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

  const unmake = async (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> => {
    await together(
      revertPlan(planLink(network, endpoint), host),
      revertPlan(planShape(network, endpoint), host),
    )
    store.removeEndpoint(endpoint.id)
  }

  /** The medium comes with the first member that needs it, and goes with the network. */
  const makeLink = async (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> => {
    const medium = usesMedium(network, endpoint) && store.claimMedium(network.id) ? planMedium(network) : []
    try {
      const plan = mergePlans([medium, planEndpoint(network, endpoint)])
      const said = await applyPlan([...plan, ...planForwarding(network)], host)
      verifyShape(expectedShape(network, endpoint), said)
    } catch (error) {
      const undone = revertPlan([...medium, ...planEndpoint(network, endpoint)], host)
      await afterwards(
        error,
        undone.then(() => void (medium.length > 0 && store.releaseMedium(network.id))),
      )
    }
  }

  const makeEndpoint = async (network: NetworkSpec, wanted: Omit<EndpointSpec, 'slot'>): Promise<void> => {
    const endpoint = store.addEndpoint(wanted)
    try {
      // One at a time on one medium: the next member relies on the first one's having made it.
      const link = usesMedium(network, endpoint)
        ? queue(mediumName(network.id), () => makeLink(network, endpoint))
        : makeLink(network, endpoint)
      await together(link, firewall.expect(network))
      store.endpointReady(endpoint.id)
    } catch (error) {
      await afterwards(error, unmake(network, endpoint))
    }
  }

  const ownSubnets = (): Subnet[] =>
    store
      .networks()
      .flatMap(({ spec }) => [...spec.ipv4, ...spec.ipv6].map(({ subnet }) => parseSubnet(subnet)))

  const unmakeNetwork = async (id: string): Promise<void> => {
    const spec = store.network(id)
    if (!spec) return
    store.networkLeaving(id)
    for (const row of store.endpoints(id)) await unmake(spec, row.spec)
    // Side by side, since the kernel waits for a grace period after each deletion.
    await together(
      revertPlan(planNetwork(spec), host),
      store.releaseMedium(id) ? revertPlan(planMedium(spec), host) : undefined,
      firewall.dismiss(spec),
    )
    store.removeNetwork(id)
  }

  const network = (id: string): NetworkSpec => {
    const spec = store.network(id)
    if (spec) return spec
    throw new InvalidRequestError(`network ${id} is not one of this plugin's: remove it and create it again`)
  }

  return {
    network,
    addNetwork: (id, describe) =>
      queue(id, async () => {
        if (store.networks().some(({ spec, ready }) => spec.id === id && ready)) return
        await unmakeNetwork(id)
        const around = await surroundings(host)
        await makeNetwork(
          describe({ ...around, connected: [...around.connected, ...ownSubnets()] }),
          around.outward,
        )
      }),
    removeNetwork: (id) => queue(id, () => unmakeNetwork(id)),
    addEndpoint: (spec, wanted) =>
      queue(wanted.id, async () => {
        const known = store.endpoint(wanted.id)
        if (known && store.isReady(wanted.id)) return
        // A first attempt that could neither be made nor taken back.
        if (known) await unmake(spec, known)
        await makeEndpoint(spec, wanted)
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

/** Throws the first error once what it calls for is undone, together with what went wrong then. */
async function afterwards(error: unknown, undo: Promise<void>): Promise<never> {
  await undo.catch((more: unknown) => {
    throw new AggregateError([error, more], messageOf(error))
  })
  throw error
}
