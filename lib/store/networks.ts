import type { DatabaseSync } from 'node:sqlite'
import type { NetworkSpec } from '../model/network.ts'
import { type EndpointStore, endpointStore } from './endpoints.ts'
import { transact } from './transact.ts'

/** A network and its progress: if it is neither ready nor leaving, it is still being created. */
export interface NetworkRow {
  readonly spec: NetworkSpec
  readonly ready: boolean
  readonly leaving: boolean
  /** its IFB device should exist */
  readonly medium: boolean
}

/** Networks as they should be. Callers write them before they touch the host. */
export interface NetworkStore extends EndpointStore {
  /** @throws {InvalidRequestError} the id is taken */
  addNetwork(spec: NetworkSpec): void
  networkReady(id: string): void
  /** Replaces the spec that has the same id. */
  changeNetwork(spec: NetworkSpec): void
  /** Marks the network as being removed. If this process dies now, the next one continues the removal. */
  networkLeaving(id: string): void
  network(id: string): NetworkSpec | undefined
  /**
   * Records that the medium should exist from now on.
   *
   * @returns whether that is new, so that the caller creates the medium
   */
  claimMedium(id: string): boolean
  hasMedium(id: string): boolean
  /** @returns whether the medium should have existed until now */
  releaseMedium(id: string): boolean
  networks(): NetworkRow[]
  /** Also removes its endpoints. */
  removeNetwork(id: string): void
  /** The number of rows written since the start. While it stays the same, nothing has changed. */
  changes(): number
}

export function networkStore(database: DatabaseSync): NetworkStore {
  const sql = statements(database)
  return {
    ...endpointStore(database),
    addNetwork: (spec) => void sql.insertNetwork.run(spec.id, JSON.stringify(spec)),
    changeNetwork: (spec) => void sql.rewriteNetwork.run(JSON.stringify(spec), spec.id),
    networkReady: (id) => void sql.markNetwork.run(1, id),
    networkLeaving: (id) => void sql.markNetwork.run(2, id),
    network: (id) => {
      const row = sql.getNetwork.get(id)
      return row && specOf(row)
    },
    claimMedium: (id) => sql.claim.run(id).changes === 1,
    hasMedium: (id) => sql.getMedium.get(id)?.medium === 1,
    releaseMedium: (id) => sql.release.run(id).changes === 1,
    networks: () =>
      sql.allNetworks.all().map((row) => ({
        spec: specOf(row),
        ready: row.ready === 1,
        leaving: row.ready === 2,
        medium: row.medium === 1,
      })),
    removeNetwork: (id) =>
      transact(database, () => {
        sql.deleteEndpoints.run(id)
        sql.deleteNetwork.run(id)
      }),
    changes: () => Number(sql.countChanges.get()?.count),
  }
}

const specOf = (row: Record<string, unknown>): NetworkSpec => JSON.parse(String(row.spec)) as NetworkSpec

function statements(database: DatabaseSync) {
  return {
    insertNetwork: database.prepare('INSERT INTO networks (id, spec) VALUES (?, ?)'),
    rewriteNetwork: database.prepare('UPDATE networks SET spec = ? WHERE id = ?'),
    markNetwork: database.prepare('UPDATE networks SET ready = ? WHERE id = ?'),
    claim: database.prepare('UPDATE networks SET medium = 1 WHERE id = ? AND medium = 0'),
    release: database.prepare('UPDATE networks SET medium = 0 WHERE id = ? AND medium = 1'),
    getMedium: database.prepare('SELECT medium FROM networks WHERE id = ?'),
    getNetwork: database.prepare('SELECT spec FROM networks WHERE id = ?'),
    allNetworks: database.prepare('SELECT spec, ready, medium FROM networks ORDER BY rowid'),
    deleteNetwork: database.prepare('DELETE FROM networks WHERE id = ?'),
    deleteEndpoints: database.prepare('DELETE FROM endpoints WHERE network = ?'),
    countChanges: database.prepare('SELECT total_changes() AS count'),
  }
}
