import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { engineClient } from './engine-client.ts'

/** An endpoint as the engine lists it; `container` is absent while the container starts. */
export interface Attached {
  readonly endpoint: string
  readonly name: string
  readonly container?: string
}

export interface SeenNetwork {
  readonly name: string
  readonly attached: readonly Attached[]
}

export interface SeenContainer {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  /** ids of its endpoints, as far as the engine lists them */
  readonly endpoints: readonly string[]
}

/** An event of the engine that concerns names. */
export type Heard =
  | { readonly kind: 'connect' | 'create' | 'destroy'; readonly network: string; readonly name: string }
  | { readonly kind: 'rename'; readonly container: string; readonly name: string }

/**
 * Reads from an engine. No call waits for a container's lock, which the engine may hold while it waits for a
 * driver.
 */
export interface Engine {
  /** its id, which stays the same as long as its data folder exists */
  id(): Promise<string>
  /** names of all networks by their ids */
  networks(): Promise<ReadonlyMap<string, string>>
  /** undefined if there is no such network */
  network(id: string): Promise<SeenNetwork | undefined>
  /** @param names only these; all if undefined */
  containers(names?: readonly string[]): Promise<readonly SeenContainer[]>
  /** Events from now until the engine ends; none is lost between the call and the first read. */
  events(signal: AbortSignal): Promise<AsyncIterable<Heard>>
}

/** ms of silence after which a request fails */
const PATIENCE = 30_000

export async function connectEngine(socketPath: string): Promise<Engine> {
  const [docker, patient] = await Promise.all([engineClient(socketPath, PATIENCE), engineClient(socketPath)])
  return {
    id: async () => String((await docker.info()).ID),
    networks: async () => new Map((await docker.listNetworks()).map(({ Id, Name }) => [Id, Name])),
    network: async (id) => {
      const found = await docker
        .getNetwork(id)
        .inspect()
        .catch((error: { statusCode?: number }) =>
          error.statusCode === 404 ? undefined : Promise.reject(error),
        )
      return found && { name: String(found.Name), attached: attachedOf(found.Containers ?? {}) }
    },
    containers: async (names) => {
      const filters = names && { name: names.map((name) => `^/${name}$`) }
      const all = await docker.listContainers({ all: true, ...(filters ? { filters } : {}) })
      return all.flatMap(({ Id, Names, Image, Labels, NetworkSettings }) => {
        const name = nameOf(Names)
        if (name === undefined) return []
        const networks = Object.values(NetworkSettings?.Networks ?? {})
        const endpoints = networks.flatMap(({ EndpointID }) => EndpointID || [])
        return [{ id: Id, name, image: Image, labels: Labels ?? {}, endpoints }]
      })
    },
    events: async (signal) => {
      const event = ['connect', 'create', 'destroy', 'rename']
      const type = ['network', 'container'] as const
      const stream = (await patient.getEvents({ filters: { type: [...type], event } })) as Readable
      signal.addEventListener('abort', () => stream.destroy())
      return readEvents(stream)
    },
  }
}

/** The container's own name; other names come from Docker's legacy links, such as `/web/db`. */
const nameOf = (names: readonly string[]): string | undefined =>
  names.map((name) => name.replace(/^\//, '')).find((name) => !name.includes('/'))

/**
 * Keys are container ids, or `ep-` and the endpoint's id while the container starts (moby,
 * daemon/network.go).
 */
function attachedOf(containers: Readonly<Record<string, { Name: string; EndpointID: string }>>): Attached[] {
  return Object.entries(containers).map(([key, { Name, EndpointID }]) => ({
    endpoint: EndpointID,
    name: Name,
    ...(key.startsWith('ep-') ? {} : { container: key }),
  }))
}

async function* readEvents(stream: Readable): AsyncGenerator<Heard> {
  for await (const line of createInterface({ input: stream })) {
    const heard = parseEvent(line)
    if (heard) yield heard
  }
}

/** Parses one line of `GET /events`. @returns undefined if it does not concern names */
export function parseEvent(line: string): Heard | undefined {
  const { Type, Action, Actor } = JSON.parse(line || '{}') as {
    Type?: string
    Action?: string
    Actor?: { ID?: string; Attributes?: Readonly<Record<string, string>> }
  }
  const id = Actor?.ID ?? ''
  const name = Actor?.Attributes?.name ?? ''
  if (Type === 'container' && Action === 'rename') return { kind: 'rename', container: id, name }
  if (Type === 'network' && (Action === 'connect' || Action === 'create' || Action === 'destroy'))
    return { kind: Action, network: id, name }
  return undefined
}
