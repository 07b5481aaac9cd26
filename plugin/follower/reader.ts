import type { EndpointName, NameStore } from '../../lib/store/names.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import { messageOf } from '../../lib/values/errors.ts'
import type { Engine, SeenContainer } from './engine.ts'

export interface FollowerParts {
  readonly socketPath: string
  readonly store: NetworkStore
  readonly names: NameStore
  /** Called with every endpoint whose container's name is known, repeatedly for the same one. */
  readonly named: (endpointId: string) => void
  readonly connect: (socketPath: string) => Promise<Engine>
  readonly log: {
    info(text: string): void
    warn(text: string): void
  }
  /** ms between two attempts: the least and the most */
  readonly waits?: readonly [number, number]
}

/** Reads names from the engine into the store. */
export interface Reader {
  /** Stores what the engine has just listed, then asks for the rest. @param networks names by id */
  begin(
    engine: Engine,
    networks: ReadonlyMap<string, string>,
    containers: readonly SeenContainer[],
  ): Promise<void>
  /** The engine is gone: asks it nothing until the next `begin`. */
  end(): void
  /**
   * Reads one network soon; many requests share one read. Resolves once it was read or the read has failed.
   */
  look(networkId: string): Promise<void>
  renamed(container: string, name: string): void
}

type Attached = EndpointName & { readonly endpoint: string }

export const createReader = (parts: FollowerParts): Reader => new EngineReader(parts)

class EngineReader implements Reader {
  readonly #parts: FollowerParts
  readonly #wanted = new Set<string>()
  #engine: Engine | undefined
  #working: Promise<void> | undefined

  constructor(parts: FollowerParts) {
    this.#parts = parts
  }

  async begin(
    engine: Engine,
    networks: ReadonlyMap<string, string>,
    containers: readonly SeenContainer[],
  ): Promise<void> {
    const { store, names } = this.#parts
    names.networksAre(networks)
    for (const { id, endpoints, ...rest } of containers)
      this.#note(endpoints.map((endpoint) => ({ endpoint, container: id, ...rest })))
    this.#engine = engine
    // The engine lists a container's endpoints only once the container has started.
    const unnamed = store.endpoints().filter(({ spec }) => !names.endpoint(spec.id)?.labels)
    for (const id of new Set(unnamed.map(({ spec }) => spec.networkId))) await this.look(id)
  }

  end(): void {
    this.#engine = undefined
  }

  look(networkId: string): Promise<void> {
    this.#wanted.add(networkId)
    this.#working ??= this.#work()
    return this.#working
  }

  renamed(container: string, name: string): void {
    const { names, named } = this.#parts
    for (const endpoint of names.rename(container, name)) named(endpoint)
  }

  async #work(): Promise<void> {
    // The loop also reaches networks that are added while it runs.
    for (const id of this.#wanted) {
      this.#wanted.delete(id)
      await this.#read(id).catch((error: unknown) =>
        this.#parts.log.info(`cannot read the names on network ${id.slice(0, 12)}: ${messageOf(error)}`),
      )
    }
    this.#working = undefined
  }

  async #read(networkId: string): Promise<void> {
    const { store, names } = this.#parts
    const from = this.#engine
    if (!from || !store.network(networkId)) return
    const found = await from.network(networkId)
    // The engine may be creating or removing it, and so not list it: an event will follow.
    if (!found) return
    names.networkIs(networkId, found.name)
    this.#note(found.attached)
    await this.#describe(from, found.attached)
  }

  #note(attached: readonly Attached[]): void {
    const { store, names, named } = this.#parts
    for (const { endpoint, ...name } of attached) {
      if (!store.endpoint(endpoint)) continue
      names.endpointIs(endpoint, name)
      named(endpoint)
    }
  }

  /** Adds image and labels to endpoints whose container is known only by name. */
  async #describe(from: Engine, attached: readonly Attached[]): Promise<void> {
    const { names } = this.#parts
    const bare = attached.filter(({ endpoint }) => {
      const known = names.endpoint(endpoint)
      return known && known.labels === undefined
    })
    if (bare.length === 0) return
    const containers = await from.containers(bare.map(({ name }) => name))
    for (const { endpoint, name } of bare) {
      const found = containers.find((one) => one.name === name)
      if (!found) continue
      const { id, image, labels } = found
      names.endpointIs(endpoint, { name, container: id, image, labels })
    }
  }
}
