import type { EndpointSpec } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'
import type { PortRequest } from '../model/port.ts'
import { addNetwork, endLeaving, removeNetwork, type WantedNetwork } from './add-network.ts'
import { changeEndpoint, changeNetwork, type EndpointPatch, type NetworkPatch } from './changes.ts'
import { checkMembers, checkNetwork, type Optioned, requireAble } from './checks.ts'
import {
  addEndpoint,
  joinEndpoint,
  publishPorts,
  removeEndpoint,
  type WantedEndpoint,
  withdrawPorts,
} from './members.ts'
import { alone, createParts, findEndpoint, findNetwork, type NetworksParts } from './parts.ts'

export type { WantedNetwork } from './add-network.ts'
export type { EndpointPatch, NetworkPatch } from './changes.ts'
export type { WantedEndpoint } from './members.ts'

/**
 * Networks and endpoints, in the store and on the host: the one place that acts.
 *
 * Every call is written down first and carried out second; one that fails leaves neither. Removing what is
 * gone, or was never there, is no error. Each checks all that it is given: the caller need not.
 */
export interface Networks {
  /** @throws {InvalidRequestError | CommandError} */
  addNetwork(wanted: WantedNetwork): Promise<void>
  removeNetwork(id: string): Promise<void>
  /**
   * Tries again what could not be removed when it should have been.
   *
   * @returns ids of the networks that are gone now
   */
  endLeaving(): Promise<string[]>
  /** @throws {NotFoundError} */
  network(id: string): NetworkSpec
  /** @throws {NotFoundError} */
  endpoint(id: string): EndpointSpec
  /** @returns the endpoint, with its MAC @throws {InvalidRequestError | CommandError} */
  addEndpoint(wanted: WantedEndpoint): Promise<EndpointSpec>
  /** Notes that the engine takes the interface now. @throws {NotFoundError} */
  join(id: string): EndpointSpec
  removeEndpoint(id: string): Promise<void>
  /**
   * Publishes an endpoint's ports, in place of those that it had.
   *
   * @throws {InvalidRequestError | CommandError}
   */
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
  changeNetwork(id: string, patch: NetworkPatch): Promise<void>
  /**
   * Changes an attachment under traffic.
   *
   * @throws {InvalidRequestError | CommandError} all is as it was before
   */
  changeEndpoint(id: string, patch: EndpointPatch): Promise<void>
  /** Runs while no member of a shared medium is made and nothing of the network's shapes is changed. */
  alone<T>(networkId: string, work: () => Promise<T>): Promise<T>
  /**
   * Checks a network with its endpoints as the verbs do, and touches nothing.
   *
   * @throws {InvalidRequestError}
   */
  check(network: NetworkSpec, endpoints: readonly Optioned[]): Promise<void>
}

export function createNetworks(wiring: NetworksParts): Networks {
  const parts = createParts(wiring)
  const { publisher, capabilities } = parts
  return {
    addNetwork: (wanted) => addNetwork(parts, wanted),
    removeNetwork: (id) => removeNetwork(parts, id),
    endLeaving: () => endLeaving(parts),
    network: (id) => findNetwork(parts, id),
    endpoint: (id) => findEndpoint(parts, id),
    addEndpoint: (wanted) => addEndpoint(parts, wanted),
    join: (id) => joinEndpoint(parts, id),
    removeEndpoint: (id) => removeEndpoint(parts, id),
    publish: (id, requests) => publishPorts(parts, id, requests),
    withdraw: (id) => withdrawPorts(parts, id),
    engineCame: () => publisher.engineCame(),
    restorePorts: () => publisher.restore(),
    missingPorts: () => publisher.missing(),
    changeNetwork: (id, patch) => changeNetwork(parts, id, patch),
    changeEndpoint: (id, patch) => changeEndpoint(parts, id, patch),
    alone: (id, work) => alone(parts, id, work),
    check: async (network, endpoints) => {
      checkNetwork(network)
      await requireAble({ network, endpoints }, capabilities)
      checkMembers(network, endpoints)
    },
  }
}
