import type { DatabaseSync } from 'node:sqlite'
import { transact } from './transact.ts'

/** The engine's data about a network. */
export interface NetworkName {
  /** absent until the engine has reported a name */
  readonly name?: string
  /** whether the engine's list contained the network when we last read it */
  readonly known: boolean
}

/** The engine's data about an endpoint's container. */
export interface EndpointName {
  /** without the slash that the engine puts before it */
  readonly name: string
  /** absent until the container has started */
  readonly container?: string
  readonly image?: string
  readonly labels?: Readonly<Record<string, string>>
}

/**
 * The engine's names for networks and containers. The database deletes a name with its network or endpoint.
 */
export interface NameStore {
  /** The id of the engine that reported these names. */
  engine(): string | undefined
  keepEngine(id: string): void
  network(id: string): NetworkName | undefined
  /** Ignores networks that are not ours. @param name undefined if the engine has no such network */
  networkIs(id: string, name: string | undefined): void
  /**
   * Stores the engine's whole list, id to name. A network that is not in it counts as unknown to the engine.
   */
  networksAre(all: ReadonlyMap<string, string>): void
  endpoint(id: string): EndpointName | undefined
  /** Ignores endpoints that are not ours. Omitted fields keep their values. */
  endpointIs(id: string, name: EndpointName): void
  /** Records a container's new name. @returns the ids of its endpoints */
  rename(container: string, name: string): string[]
}

export function nameStore(database: DatabaseSync): NameStore {
  const statement = (sql: string) => database.prepare(sql)
  const getEngine = statement('SELECT id FROM engine')
  const dropEngine = statement('DELETE FROM engine')
  const putEngine = statement('INSERT INTO engine (id) VALUES (?)')
  const ours = statement('SELECT id FROM networks')
  const getNetwork = statement('SELECT name, known FROM network_names WHERE network = ?')
  const putNetwork = statement(
    `INSERT INTO network_names (network, name, known) SELECT id, ?, ? FROM networks WHERE id = ?
     ON CONFLICT (network) DO UPDATE SET name = coalesce(excluded.name, name), known = excluded.known`,
  )
  const getEndpoint = statement(
    'SELECT name, container, image, labels FROM endpoint_names WHERE endpoint = ?',
  )
  const putEndpoint = statement(
    `INSERT INTO endpoint_names (endpoint, name, container, image, labels)
     SELECT id, ?, ?, ?, ? FROM endpoints WHERE id = ?
     ON CONFLICT (endpoint) DO UPDATE SET name = excluded.name, container = excluded.container,
       image = excluded.image, labels = excluded.labels`,
  )
  const renameContainer = statement(
    'UPDATE endpoint_names SET name = ? WHERE container = ? RETURNING endpoint',
  )

  const network = (id: string): NetworkName | undefined => {
    const row = getNetwork.get(id)
    if (!row) return undefined
    return { known: row.known === 1, ...(row.name === null ? {} : { name: String(row.name) }) }
  }
  const networkIs = (id: string, name: string | undefined): void => {
    const now = network(id)
    // Unchanged data costs no write to the disk.
    if (now?.known === (name !== undefined) && (name === undefined || name === now.name)) return
    putNetwork.run(name ?? null, name === undefined ? 0 : 1, id)
  }
  const endpoint = (id: string): EndpointName | undefined => {
    const row = getEndpoint.get(id)
    if (!row) return undefined
    return {
      name: String(row.name),
      ...(row.container === null ? {} : { container: String(row.container) }),
      ...(row.image === null ? {} : { image: String(row.image) }),
      ...(row.labels === null ? {} : { labels: JSON.parse(String(row.labels)) as Record<string, string> }),
    }
  }

  return {
    engine: () => {
      const row = getEngine.get()
      return row && String(row.id)
    },
    keepEngine: (id) =>
      transact(database, () => {
        dropEngine.run()
        putEngine.run(id)
      }),
    network,
    networkIs,
    networksAre: (all) =>
      transact(database, () => {
        for (const { id } of ours.all()) networkIs(String(id), all.get(String(id)))
      }),
    endpoint,
    endpointIs: (id, heard) => {
      const before = endpoint(id)
      const { name, container, image, labels } = { ...before, ...heard }
      if (JSON.stringify(before) === JSON.stringify({ ...before, ...heard })) return
      putEndpoint.run(name, container ?? null, image ?? null, labels ? JSON.stringify(labels) : null, id)
    },
    rename: (container, name) => renameContainer.all(name, container).map((row) => String(row.endpoint)),
  }
}
