import type { Firewall } from '../features/filter/firewall.ts'
import { createPublisher, type Publisher } from '../features/ports/publisher.ts'
import { abilitiesOf } from '../features/shaping/abilities.ts'
import type { Abilities } from '../features/shaping/shape.ts'
import type { Capabilities } from '../kernel/capabilities.ts'
import type { Host } from '../kernel/host.ts'
import type { holdPort } from '../kernel/sockets/hold.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'
import type { NetworkStore } from '../store/networks.ts'
import type { Background } from '../values/background.ts'
import { messageOf, NotFoundError } from '../values/errors.ts'
import { mediumName } from '../values/names.ts'
import { createQueue, type Queue } from '../values/queue.ts'

export interface NetworksParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly firewall: Firewall
  readonly capabilities: () => Promise<Capabilities>
  readonly hold: typeof holdPort
  readonly background: Background
  /** Told what went wrong beside a call. */
  readonly warn: (text: string) => void
}

/** What the verbs of this folder work with. */
export interface Parts extends NetworksParts {
  readonly abilities: () => Promise<Abilities>
  readonly publisher: Publisher
  /**
   * by id: calls for one network or endpoint wait for each other; by mediumName(): changes of what its
   * members share
   */
  readonly queue: Queue
  /** ids of networks that could not be removed */
  readonly stuck: Set<string>
}

export function createParts(parts: NetworksParts): Parts {
  return {
    ...parts,
    abilities: async () => abilitiesOf(await parts.capabilities()),
    publisher: createPublisher(parts),
    queue: createQueue(),
    stuck: new Set(),
  }
}

/** @throws {NotFoundError} */
export function findNetwork({ store }: Parts, id: string): NetworkSpec {
  const spec = store.network(id)
  if (spec) return spec
  throw new NotFoundError(`network ${id} is not one of this plugin's: remove it and create it again`)
}

/** @throws {NotFoundError} */
export function findEndpoint({ store }: Parts, id: string): EndpointSpec {
  const spec = store.endpoint(id)
  if (spec) return spec
  throw new NotFoundError(`endpoint ${id} is not one of this plugin's: connect it again`)
}

/** Runs while no member of a shared medium is made and nothing of the network's shapes is changed. */
export const alone = <T>({ queue }: Parts, networkId: string, work: () => Promise<T>): Promise<T> =>
  queue(mediumName(networkId), work)

/**
 * Rules that stay lead nowhere, and the next repair deletes them: links, bridges and rows do not wait for
 * that.
 */
export const leaveRules = ({ warn }: Parts, work: Promise<void>): Promise<void> =>
  work.catch((error: unknown) => warn(`cannot take rules out, left to the next repair: ${messageOf(error)}`))
