import { aloneElements } from '../features/filter/elements.ts'
import type { Firewall } from '../features/filter/firewall.ts'
import { planForwarding, planNetwork } from '../features/link/network.ts'
import { createPublisher } from '../features/ports/publisher.ts'
import { abilitiesOf } from '../features/shaping/abilities.ts'
import { planUplink, usesMedium } from '../features/shaping/endpoint.ts'
import { planMedium } from '../features/shaping/layout.ts'
import { createShaper } from '../features/shaping/shaper.ts'
import type { Capabilities } from '../kernel/capabilities.ts'
import type { Host } from '../kernel/host.ts'
import type { holdPort } from '../kernel/sockets/hold.ts'
import { type Place, type Surroundings, surroundings } from '../kernel/surroundings.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { LinkOptions } from '../model/link.ts'
import type { NetworkSpec } from '../model/network.ts'
import type { PortRequest } from '../model/port.ts'
import { applyPlan, revertPlan } from '../plan/plan.ts'
import type { NetworkStore } from '../store/networks.ts'
import { addressBytes, parseSubnet } from '../values/addresses.ts'
import { afterwards, messageOf, NotFoundError, together } from '../values/errors.ts'
import { macAddress, mediumName } from '../values/names.ts'
import { createQueue } from '../values/queue.ts'
import { checkMembers, createChanges } from './changes.ts'

/** What can change on a network that is there. */
export type NetworkChange = Pick<NetworkSpec, 'options' | 'shared' | 'uplink' | 'given'>
/** An endpoint that is to be; without a MAC it gets one that the network does not have yet. */
export type WantedEndpoint = Omit<EndpointSpec, 'slot' | 'mac'> & Partial<Pick<EndpointSpec, 'mac'>>
/** What can change on an attachment that is there. */
export type EndpointChange = Pick<EndpointSpec, 'options' | 'given' | 'asked'>

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
  /** Tries again what could not be removed when it should have been. @returns ids of the networks that are gone now */
  endLeaving(): Promise<string[]>
  /** @throws {InvalidRequestError} it is not known */
  network(id: string): NetworkSpec
  /** @returns the endpoint, with its MAC @throws {InvalidRequestError | CommandError} */
  addEndpoint(network: NetworkSpec, wanted: WantedEndpoint): Promise<EndpointSpec>
  /** Notes that the engine takes the interface now. @throws {InvalidRequestError} it is not known */
  join(id: string): EndpointSpec
  removeEndpoint(id: string): Promise<void>
  /** Publishes an endpoint's ports, in place of those that it had. @throws {InvalidRequestError | CommandError} */
  publish(id: string, requests: readonly PortRequest[]): Promise<void>
  /** Takes them back. @throws {CommandError} */
  withdraw(id: string): Promise<void>
  /** An engine has begun, perhaps after a crash. */
  engineCame(): void
  /** Holds ports that were published when the last process ended, as soon as each can be. */
  restorePorts(): Promise<void>
  /** Those that still cannot be held, and why. */
  missingPorts(): Promise<string[]>
  /** Changes a network under traffic. @throws {InvalidRequestError | CommandError} all is as it was before */
  changeNetwork(id: string, describe: (spec: NetworkSpec) => NetworkChange): Promise<void>
  /** Changes an attachment under traffic. @throws {InvalidRequestError | CommandError} all is as it was before */
  changeEndpoint(
    id: string,
    describe: (spec: EndpointSpec, network: NetworkSpec) => EndpointChange,
  ): Promise<void>
  /** Runs while no member of a shared medium is made and nothing of the network is changed. */
  alone<T>(networkId: string, work: () => Promise<T>): Promise<T>
  /** Refuses options that this kernel or its tools cannot carry out. @throws {OptionError} */
  require(...options: readonly (LinkOptions | undefined)[]): Promise<void>
}

export interface NetworksParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly firewall: Firewall
  readonly capabilities: () => Promise<Capabilities>
  readonly hold: typeof holdPort
  /** Told what went wrong beside a call. */
  readonly warn: (text: string) => void
}

export function createNetworks(parts: NetworksParts): Networks {
  const { host, store, firewall, capabilities, warn } = parts
  const queue = createQueue()
  const abilities = async () => abilitiesOf(await capabilities())
  const shaper = createShaper({ host, store, abilities })
  const publisher = createPublisher(parts)
  /** networks that could not be removed */
  const stuck = new Set<string>()

  const makeNetwork = async (spec: NetworkSpec, outward: readonly string[]): Promise<void> => {
    const uplink = spec.uplink ? planUplink(spec, await abilities()) : []
    store.addNetwork(spec)
    const plan = [...planNetwork(spec), ...uplink]
    const [made, admitted] = await Promise.allSettled([
      applyPlan([...plan, ...planForwarding(spec)], host),
      firewall.admit(spec, outward),
    ])
    if (made.status === 'fulfilled' && admitted.status === 'fulfilled') return store.networkReady(spec.id)
    store.networkLeaving(spec.id)
    const takeBack = async (): Promise<void> => {
      // A bridge that could not be made is not ours to delete: the name may be somebody else's.
      if (made.status === 'fulfilled') await revertPlan(plan, host)
      await leaveRules(firewall.dismiss(spec))
      store.removeNetwork(spec.id)
    }
    await afterwards(
      made.status === 'rejected' ? made.reason : (admitted as PromiseRejectedResult).reason,
      orStuck(spec.id, takeBack()),
    )
  }

  /** Notes whether a removal has to be tried again. */
  const orStuck = (id: string, removal: Promise<void>): Promise<void> =>
    removal.then(
      () => void stuck.delete(id),
      (error: unknown) => {
        stuck.add(id)
        throw error
      },
    )

  /** What stays in the rules leads nowhere, and the next repair takes it out: links, bridges and rows do not wait for that. */
  const leaveRules = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) =>
      warn(`cannot take rules out, left to the next repair: ${messageOf(error)}`),
    )

  /** One at a time where they share something: the next member relies on what the first one made. */
  const onMedium = async <T>(network: NetworkSpec, shares: boolean, work: () => Promise<T>): Promise<T> =>
    shares ? queue(mediumName(network.id), work) : work()

  const unmake = async (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> => {
    await together(
      onMedium(network, network.shared !== undefined, () => shaper.unmake(network, endpoint)),
      leaveRules(publisher.withdraw(endpoint.id)),
      leaveRules(firewall.take(aloneElements(network, endpoint))),
    )
    store.removeEndpoint(endpoint.id)
  }

  const letIn = async (network: NetworkSpec, endpoint: EndpointSpec): Promise<void> => {
    await firewall.expect(network)
    await firewall.put(aloneElements(network, endpoint))
  }

  const makeEndpoint = async (network: NetworkSpec, wanted: WantedEndpoint): Promise<EndpointSpec> => {
    const able = await abilities()
    const others = store.endpoints(network.id).map(({ spec }) => spec)
    const endpoint = store.addEndpoint({ ...wanted, mac: macFor(wanted, others) })
    const shares = usesMedium(network, endpoint, able)
    try {
      checkMembers({ network, endpoints: [...others, endpoint] })
      const link = onMedium(network, shares, async () => {
        await applyPlan(planForwarding(network), host)
        await shaper.make(network, endpoint)
      })
      await together(link, letIn(network, endpoint))
      store.endpointReady(endpoint.id)
      return endpoint
    } catch (error) {
      return afterwards(error, unmake(network, endpoint))
    }
  }

  /** Docker takes a MAC that another member has as well: whoever gives it knows why. */
  const macFor = (
    { id, mac, address4, address6 }: WantedEndpoint,
    others: readonly EndpointSpec[],
  ): string => {
    const address = address4 ?? address6
    if (mac === undefined)
      return macAddress(address ? addressBytes(address) : [], id, new Set(others.map((one) => one.mac)))
    const twin = others.find((one) => one.mac === mac)
    if (twin)
      warn(`endpoint ${id} has the MAC of endpoint ${twin.id}, ${mac}: they share what either may send`)
    return mac
  }

  const ownPlaces = (): Place[] =>
    store
      .networks()
      .flatMap(({ spec }) => [...spec.ipv4, ...spec.ipv6])
      .map(({ subnet }) => ({ subnet: parseSubnet(subnet), own: true }))

  const takeNetwork = async (id: string): Promise<void> => {
    const spec = store.network(id)
    if (!spec) return
    store.networkLeaving(id)
    const endpoints = store.endpoints(id).map((row) => row.spec)
    await Promise.all(endpoints.map((one) => leaveRules(publisher.withdraw(one.id))))
    // Side by side, since the kernel waits for a grace period after each deletion.
    await together(
      shaper.unmakeAll(spec, endpoints),
      revertPlan(planNetwork(spec), host),
      store.hasMedium(id) ? revertPlan(planMedium(spec), host) : undefined,
      leaveRules(firewall.dismiss(spec)),
    )
    store.removeNetwork(id)
  }

  const unmakeNetwork = (id: string): Promise<void> => orStuck(id, takeNetwork(id))

  const endLeaving = async (): Promise<string[]> => {
    const ids = [...stuck]
    await together(...ids.map((id) => queue(id, () => unmakeNetwork(id))))
    return ids
  }

  const network = (id: string): NetworkSpec => {
    const spec = store.network(id)
    if (spec) return spec
    throw new NotFoundError(`network ${id} is not one of this plugin's: remove it and create it again`)
  }

  const changes = createChanges({ store, shaper, queue, capabilities, find: network })

  const endpoint = (id: string): EndpointSpec => {
    const spec = store.endpoint(id)
    if (spec) return spec
    throw new NotFoundError(`endpoint ${id} is not one of this plugin's: connect it again`)
  }

  return {
    network,
    require: changes.require,
    alone: (id, work) => queue(mediumName(id), work),
    endLeaving,
    addNetwork: (id, describe) => {
      // What is still there would be in this one's way. What cannot be removed, the conflict that it is names.
      const cleared = endLeaving().catch(() => undefined)
      return queue(id, async () => {
        await cleared
        if (store.networks().some(({ spec, ready }) => spec.id === id && ready)) return
        await unmakeNetwork(id)
        const around = await surroundings(host)
        await makeNetwork(describe({ ...around, taken: [...around.taken, ...ownPlaces()] }), around.outward)
      })
    },
    removeNetwork: (id) => queue(id, () => unmakeNetwork(id)),
    addEndpoint: (spec, wanted) =>
      queue(wanted.id, async () => {
        const known = store.endpoint(wanted.id)
        if (known && store.isReady(wanted.id)) return known
        // A first attempt that could neither be made nor taken back.
        if (known) await unmake(spec, known)
        const made = await makeEndpoint(spec, wanted)
        // The network may have changed in the meantime.
        if (JSON.stringify(network(spec.id)) !== JSON.stringify(spec))
          await changes.members(spec.id, (now) => now)
        return made
      }),
    join: (id) => {
      const spec = endpoint(id)
      store.endpointJoined(id)
      return spec
    },
    removeEndpoint: (id) =>
      queue(id, async () => {
        const known = store.endpoint(id)
        const spec = known && store.network(known.networkId)
        if (known && spec) await unmake(spec, known)
      }),
    publish: (id, requests) =>
      queue(id, () => {
        const spec = endpoint(id)
        return publisher.publish(network(spec.networkId), spec, requests)
      }),
    withdraw: (id) => queue(id, () => publisher.withdraw(id)),
    engineCame: publisher.engineCame,
    restorePorts: publisher.restore,
    missingPorts: publisher.missing,
    changeNetwork: (id, describe) =>
      queue(id, () =>
        changes.members(id, ({ network: { shared: _, uplink: __, ...rest }, endpoints }) => ({
          network: { ...rest, ...describe(network(id)) },
          endpoints,
        })),
      ),
    changeEndpoint: (id, describe) =>
      queue(id, () =>
        changes.members(endpoint(id).networkId, ({ network: spec, endpoints }) => ({
          network: spec,
          endpoints: endpoints.map((one) => (one.id === id ? { ...one, ...describe(one, spec) } : one)),
        })),
      ),
  }
}
