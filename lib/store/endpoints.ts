import type { DatabaseSync } from 'node:sqlite'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { PublishedPort } from '../model/port.ts'
import { InvalidRequestError } from '../values/errors.ts'
import { transact } from './transact.ts'

/** A Linux bridge has at most 1024 ports (BR_MAX_PORTS). */
const SLOTS = 1024

/** An endpoint and its progress. */
export interface EndpointRow {
  readonly spec: EndpointSpec
  /** the call that creates it has succeeded */
  readonly ready: boolean
  /** the engine has asked for its interface */
  readonly joined: boolean
  /** ms since 1970 */
  readonly made: number
}

/** Endpoints as they should be. Callers write them before they touch the host. */
export interface EndpointStore {
  /** Gives the endpoint the network's lowest free slot. @throws {InvalidRequestError} the network is full */
  addEndpoint(spec: Omit<EndpointSpec, 'slot'>): EndpointSpec
  endpointReady(id: string): void
  /** Replaces the specs that have the same ids, all or none. */
  changeEndpoints(specs: readonly EndpointSpec[]): void
  endpointJoined(id: string): void
  /** Records the endpoint's published ports; `undefined` for none. */
  publish(id: string, ports: readonly PublishedPort[] | undefined): void
  /**
   * The endpoint's published ports as stored text: for comparisons, since parsing thousands of ports is slow.
   */
  portsText(endpointId: string): string | undefined
  endpoint(id: string): EndpointSpec | undefined
  /** Whether the call that creates the endpoint has succeeded. */
  isReady(endpointId: string): boolean
  endpoints(networkId?: string): EndpointRow[]
  removeEndpoint(id: string): void
}

export function endpointStore(database: DatabaseSync): EndpointStore {
  const sql = statements(database)
  const freeSlot = (networkId: string): number => {
    const used = sql.usedSlots.all(networkId).map(({ slot }) => Number(slot))
    const gap = used.findIndex((slot, index) => slot !== index)
    return gap === -1 ? used.length : gap
  }
  return {
    addEndpoint: (wanted) =>
      transact(database, () => {
        const slot = freeSlot(wanted.networkId)
        if (slot >= SLOTS)
          throw new InvalidRequestError(`network is full: a bridge has at most ${SLOTS} ports`)
        const spec = { ...wanted, slot }
        sql.insertEndpoint.run(spec.id, spec.networkId, slot, endpointText(spec), Date.now())
        return spec
      }),
    changeEndpoints: (specs) =>
      transact(database, () => {
        for (const spec of specs) sql.rewriteEndpoint.run(endpointText(spec), spec.id)
      }),
    endpointReady: (id) => void sql.readyEndpoint.run(id),
    endpointJoined: (id) => void sql.joinedEndpoint.run(id),
    publish: (id, ports) => void sql.publishEndpoint.run(ports ? JSON.stringify(ports) : null, id),
    portsText: (id) => (sql.getPorts.get(id)?.ports ?? undefined) as string | undefined,
    endpoint: (id) => {
      const row = sql.getEndpoint.get(id)
      return row && endpointOf(row)
    },
    isReady: (endpointId) => sql.getReady.get(endpointId)?.ready === 1,
    endpoints: (networkId) =>
      (networkId === undefined ? sql.allEndpoints.all() : sql.ofNetwork.all(networkId)).map((row) => ({
        spec: endpointOf(row),
        ready: row.ready === 1,
        joined: row.joined === 1,
        made: Number(row.made),
      })),
    removeEndpoint: (id) => void sql.deleteEndpoint.run(id),
  }
}

type Row = Record<string, unknown>

const endpointOf = (row: Row): EndpointSpec => {
  const spec = JSON.parse(String(row.spec)) as EndpointSpec
  return row.ports === null ? spec : { ...spec, ports: JSON.parse(String(row.ports)) as PublishedPort[] }
}

/**
 * Published ports have a column of their own, so that a link change that began earlier cannot restore old
 * ports.
 */
const endpointText = ({ ports: _, ...spec }: EndpointSpec): string => JSON.stringify(spec)

function statements(database: DatabaseSync) {
  return {
    rewriteEndpoint: database.prepare('UPDATE endpoints SET spec = ? WHERE id = ?'),
    usedSlots: database.prepare('SELECT slot FROM endpoints WHERE network = ? ORDER BY slot'),
    insertEndpoint: database.prepare(
      'INSERT INTO endpoints (id, network, slot, spec, made) VALUES (?, ?, ?, ?, ?)',
    ),
    readyEndpoint: database.prepare('UPDATE endpoints SET ready = 1 WHERE id = ?'),
    joinedEndpoint: database.prepare('UPDATE endpoints SET joined = 1 WHERE id = ?'),
    publishEndpoint: database.prepare('UPDATE endpoints SET ports = ? WHERE id = ?'),
    getEndpoint: database.prepare('SELECT spec, ports FROM endpoints WHERE id = ?'),
    getPorts: database.prepare('SELECT ports FROM endpoints WHERE id = ?'),
    getReady: database.prepare('SELECT ready FROM endpoints WHERE id = ?'),
    allEndpoints: database.prepare(
      'SELECT spec, ports, ready, joined, made FROM endpoints ORDER BY network, slot',
    ),
    ofNetwork: database.prepare(
      'SELECT spec, ports, ready, joined, made FROM endpoints WHERE network = ? ORDER BY slot',
    ),
    deleteEndpoint: database.prepare('DELETE FROM endpoints WHERE id = ?'),
  }
}
