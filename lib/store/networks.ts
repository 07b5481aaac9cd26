import type { DatabaseSync } from 'node:sqlite'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'
import type { PublishedPort } from '../model/port.ts'
import { InvalidRequestError } from '../values/errors.ts'
import { transact } from './transact.ts'

/** A Linux bridge has at most 1024 ports (BR_MAX_PORTS). */
const SLOTS = 1024

/** A network with how far it has come; neither ready nor leaving is still being made. */
export interface NetworkRow {
  readonly spec: NetworkSpec
  readonly ready: boolean
  readonly leaving: boolean
  /** its IFB device should be there */
  readonly medium: boolean
}

/** An endpoint with how far it has come. */
export interface EndpointRow {
  readonly spec: EndpointSpec
  /** the call that makes it has ended well */
  readonly ready: boolean
  /** the engine has asked for its interface */
  readonly joined: boolean
  /** ms since 1970 */
  readonly made: number
}

/** Networks and endpoints, as they should be. Written before the host is touched. */
export interface NetworkStore {
  /** @throws {InvalidRequestError} the id is taken */
  addNetwork(spec: NetworkSpec): void
  networkReady(id: string): void
  /** Puts a changed spec in the place of the one of the same id. */
  changeNetwork(spec: NetworkSpec): void
  /** On its way out: should this process die now, the next one carries on with that. */
  networkLeaving(id: string): void
  network(id: string): NetworkSpec | undefined
  /** Notes that the medium is to be there from now on. @returns whether that is news, so that the caller makes it */
  claimMedium(id: string): boolean
  hasMedium(id: string): boolean
  /** @returns whether it was to be there */
  releaseMedium(id: string): boolean
  networks(): NetworkRow[]
  /** Its endpoints go with it. */
  removeNetwork(id: string): void
  /** Gives the endpoint the network's lowest free slot. @throws {InvalidRequestError} the network is full */
  addEndpoint(spec: Omit<EndpointSpec, 'slot'>): EndpointSpec
  endpointReady(id: string): void
  /** Puts changed specs in the place of those of the same id, all or none. */
  changeEndpoints(specs: readonly EndpointSpec[]): void
  endpointJoined(id: string): void
  /** Notes what is published of the endpoint now; `undefined` for nothing. */
  publish(id: string, ports: readonly PublishedPort[] | undefined): void
  /** What is published of the endpoint, as it is written down: to compare, where reading thousands of ports would take long. */
  portsText(endpointId: string): string | undefined
  endpoint(id: string): EndpointSpec | undefined
  /** Whether the call that makes the endpoint has ended well. */
  isReady(endpointId: string): boolean
  endpoints(networkId?: string): EndpointRow[]
  removeEndpoint(id: string): void
  /** Rows written since the start: as long as it stays the same, nothing has changed. */
  changes(): number
}

type Row = Record<string, unknown>
const specOf = <T>(row: Row): T => JSON.parse(String(row.spec)) as T

const endpointOf = (row: Row): EndpointSpec => {
  const spec = specOf<EndpointSpec>(row)
  return row.ports === null ? spec : { ...spec, ports: JSON.parse(String(row.ports)) as PublishedPort[] }
}
/** Published ports have a column of their own: a change of the link that began earlier must not bring old ones back. */
const endpointText = ({ ports: _, ...spec }: EndpointSpec): string => JSON.stringify(spec)

export function networkStore(database: DatabaseSync): NetworkStore {
  const statement = (sql: string) => database.prepare(sql)
  const insertNetwork = statement('INSERT INTO networks (id, spec) VALUES (?, ?)')
  const rewriteNetwork = statement('UPDATE networks SET spec = ? WHERE id = ?')
  const rewriteEndpoint = statement('UPDATE endpoints SET spec = ? WHERE id = ?')
  const markNetwork = statement('UPDATE networks SET ready = ? WHERE id = ?')
  const claim = statement('UPDATE networks SET medium = 1 WHERE id = ? AND medium = 0')
  const release = statement('UPDATE networks SET medium = 0 WHERE id = ? AND medium = 1')
  const getMedium = statement('SELECT medium FROM networks WHERE id = ?')
  const getNetwork = statement('SELECT spec FROM networks WHERE id = ?')
  const allNetworks = statement('SELECT spec, ready, medium FROM networks ORDER BY rowid')
  const deleteNetwork = statement('DELETE FROM networks WHERE id = ?')
  const deleteEndpoints = statement('DELETE FROM endpoints WHERE network = ?')
  const usedSlots = statement('SELECT slot FROM endpoints WHERE network = ? ORDER BY slot')
  const insertEndpoint = statement(
    'INSERT INTO endpoints (id, network, slot, spec, made) VALUES (?, ?, ?, ?, ?)',
  )
  const readyEndpoint = statement('UPDATE endpoints SET ready = 1 WHERE id = ?')
  const joinedEndpoint = statement('UPDATE endpoints SET joined = 1 WHERE id = ?')
  const publishEndpoint = statement('UPDATE endpoints SET ports = ? WHERE id = ?')
  const getEndpoint = statement('SELECT spec, ports FROM endpoints WHERE id = ?')
  const getPorts = statement('SELECT ports FROM endpoints WHERE id = ?')
  const getReady = statement('SELECT ready FROM endpoints WHERE id = ?')
  const allEndpoints = statement(
    'SELECT spec, ports, ready, joined, made FROM endpoints ORDER BY network, slot',
  )
  const ofNetwork = statement(
    'SELECT spec, ports, ready, joined, made FROM endpoints WHERE network = ? ORDER BY slot',
  )
  const countChanges = statement('SELECT total_changes() AS count')
  const deleteEndpoint = statement('DELETE FROM endpoints WHERE id = ?')

  const freeSlot = (networkId: string): number => {
    const used = usedSlots.all(networkId).map(({ slot }) => Number(slot))
    const gap = used.findIndex((slot, index) => slot !== index)
    return gap === -1 ? used.length : gap
  }

  return {
    addNetwork: (spec) => void insertNetwork.run(spec.id, JSON.stringify(spec)),
    changeNetwork: (spec) => void rewriteNetwork.run(JSON.stringify(spec), spec.id),
    networkReady: (id) => void markNetwork.run(1, id),
    networkLeaving: (id) => void markNetwork.run(2, id),
    network: (id) => {
      const row = getNetwork.get(id)
      return row && specOf<NetworkSpec>(row)
    },
    claimMedium: (id) => claim.run(id).changes === 1,
    hasMedium: (id) => getMedium.get(id)?.medium === 1,
    releaseMedium: (id) => release.run(id).changes === 1,
    networks: () =>
      allNetworks.all().map((row) => ({
        spec: specOf<NetworkSpec>(row),
        ready: row.ready === 1,
        leaving: row.ready === 2,
        medium: row.medium === 1,
      })),
    removeNetwork: (id) =>
      transact(database, () => {
        deleteEndpoints.run(id)
        deleteNetwork.run(id)
      }),
    addEndpoint: (wanted) =>
      transact(database, () => {
        const slot = freeSlot(wanted.networkId)
        if (slot >= SLOTS)
          throw new InvalidRequestError(`network is full: a bridge has at most ${SLOTS} ports`)
        const spec = { ...wanted, slot }
        insertEndpoint.run(spec.id, spec.networkId, slot, endpointText(spec), Date.now())
        return spec
      }),
    changeEndpoints: (specs) =>
      transact(database, () => {
        for (const spec of specs) rewriteEndpoint.run(endpointText(spec), spec.id)
      }),
    endpointReady: (id) => void readyEndpoint.run(id),
    endpointJoined: (id) => void joinedEndpoint.run(id),
    publish: (id, ports) => void publishEndpoint.run(ports ? JSON.stringify(ports) : null, id),
    portsText: (id) => (getPorts.get(id)?.ports ?? undefined) as string | undefined,
    endpoint: (id) => {
      const row = getEndpoint.get(id)
      return row && endpointOf(row)
    },
    isReady: (endpointId) => getReady.get(endpointId)?.ready === 1,
    endpoints: (networkId) =>
      (networkId === undefined ? allEndpoints.all() : ofNetwork.all(networkId)).map((row) => ({
        spec: endpointOf(row),
        ready: row.ready === 1,
        joined: row.joined === 1,
        made: Number(row.made),
      })),
    removeEndpoint: (id) => void deleteEndpoint.run(id),
    changes: () => Number(countChanges.get()?.count),
  }
}
