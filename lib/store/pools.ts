import type { DatabaseSync } from 'node:sqlite'
import {
  type Address,
  formatAddress,
  formatSubnet,
  parseAddress,
  parseSubnet,
  type Subnet,
} from '../values/addresses.ts'
import { InvalidRequestError } from '../values/errors.ts'
import type { Family } from '../values/families.ts'
import { automatic, checkAddress } from '../values/pool.ts'
import { transact } from './transact.ts'

/** What an address is for. */
export type AddressKind = 'gateway' | 'endpoint'

export interface PoolRow {
  readonly id: string
  readonly space: string
  readonly subnet: Subnet
  readonly range: Subnet
  /** ms since 1970 */
  readonly made: number
}

/** Pools and their addresses. Every call is one durable transaction. */
export interface PoolStore {
  addPool(space: string, subnet: Subnet, range: Subnet): PoolRow
  pools(): PoolRow[]
  /** Also removes its addresses. Ignores unknown ids. */
  removePool(id: string): void
  /**
   * Takes a free address: the next one never assigned, or else the one that was released longest ago. The
   * work does not grow with the number of addresses in use.
   *
   * @param wanted a particular address
   * @throws {InvalidRequestError} unknown pool, address outside of it or in use, or no address left
   */
  takeAddress(
    poolId: string,
    kind: AddressKind,
    wanted?: Address,
  ): { readonly address: string; readonly prefix: number }
  /** Ignores unknown pools and addresses. */
  releaseAddress(poolId: string, address: string): void
  /** Addresses of endpoints, taken before `time` (ms since 1970). */
  addressesBefore(poolId: string, time: number): string[]
}

export function poolStore(database: DatabaseSync): PoolStore {
  const sql = statements(database)
  return {
    addPool: (space, subnet, range) => {
      const id = `${space}/${formatSubnet(subnet)}/${formatSubnet(range)}`
      const cursor = String(automatic(subnet, range).first)
      sql.insertPool.run(id, space, formatSubnet(subnet), formatSubnet(range), cursor, Date.now())
      return { id, space, subnet, range, made: Date.now() }
    },
    pools: () => sql.allPools.all().map(poolRow),
    removePool: (id) => void sql.deletePool.run(id),
    takeAddress: (poolId, kind, wanted) =>
      transact(database, () => {
        const row = sql.getPool.get(poolId)
        if (!row) throw new InvalidRequestError(`pool ${poolId} is not known`)
        const pool = poolRow(row)
        const address = wanted === undefined ? takeAny(sql, row, pool) : takeThis(sql, row, pool, wanted)
        sql.putAddress.run(Number(row.key), address, kind, Date.now())
        return { address, prefix: pool.subnet.prefix }
      }),
    releaseAddress: (poolId, address) =>
      transact(database, () => {
        const row = sql.getPool.get(poolId)
        if (!row) return
        const { range, subnet } = poolRow(row)
        const { first, last } = automatic(subnet, range)
        const { value } = parseAddress(address)
        // Keep only addresses that takeAny() may assign: it must not assign one outside of --ip-range later.
        if (value < first || value > last) sql.forget.run(Number(row.key), address)
        else sql.rest.run(Number(sql.tick.get(poolId)?.clock), Number(row.key), address)
      }),
    addressesBefore: (poolId, time) =>
      sql.takenBefore.all(poolId, time).map(({ address }) => String(address)),
  }
}

type Row = Record<string, unknown>

const poolRow = (row: Row): PoolRow => ({
  id: String(row.id),
  space: String(row.space),
  subnet: parseSubnet(String(row.subnet)),
  range: parseSubnet(String(row.range)),
  made: Number(row.made),
})

/** Skips addresses that callers asked for by name, each of them once in a pool's life. */
const nextFresh = (
  sql: Statements,
  key: number,
  cursor: bigint,
  last: bigint,
  family: Family,
): bigint | undefined => {
  for (let value = cursor; value <= last; value += 1n)
    if (!sql.getAddress.get(key, formatAddress(family, value))) return value
  return undefined
}

const takeAny = (sql: Statements, row: Record<string, unknown>, { subnet, range }: PoolRow): string => {
  const key = Number(row.key)
  const { first, last } = automatic(subnet, range)
  const cursor = BigInt(String(row.cursor))
  const fresh = nextFresh(sql, key, cursor > first ? cursor : first, last, subnet.family)
  sql.moveCursor.run(String((fresh ?? last) + 1n), key)
  if (fresh !== undefined) return formatAddress(subnet.family, fresh)
  const rested = sql.oldest.get(key)
  if (rested) return String(rested.address)
  throw new InvalidRequestError(
    `no address left in ${formatSubnet(range)}: all ${last - first + 1n} are in use; remove a container or use a larger --subnet or --ip-range`,
  )
}

const takeThis = (
  sql: Statements,
  row: Record<string, unknown>,
  { subnet }: PoolRow,
  { family, value }: Address,
): string => {
  checkAddress(subnet, family, value)
  const address = formatAddress(family, value)
  const found = sql.getAddress.get(Number(row.key), address)
  if (found && found.released === null) throw new InvalidRequestError(`address ${address} is in use already`)
  return address
}

type Statements = ReturnType<typeof statements>

function statements(database: DatabaseSync) {
  return {
    insertPool: database.prepare(
      'INSERT INTO pools (id, space, subnet, range, cursor, made) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    allPools: database.prepare('SELECT * FROM pools ORDER BY key'),
    getPool: database.prepare('SELECT * FROM pools WHERE id = ?'),
    deletePool: database.prepare('DELETE FROM pools WHERE id = ?'),
    moveCursor: database.prepare('UPDATE pools SET cursor = ? WHERE key = ?'),
    getAddress: database.prepare('SELECT released FROM addresses WHERE pool = ? AND address = ?'),
    oldest: database.prepare(
      'SELECT address FROM addresses WHERE pool = ? AND released IS NOT NULL ORDER BY released LIMIT 1',
    ),
    putAddress: database.prepare(
      'INSERT OR REPLACE INTO addresses (pool, address, kind, made) VALUES (?, ?, ?, ?)',
    ),
    tick: database.prepare('UPDATE pools SET clock = clock + 1 WHERE id = ? RETURNING clock'),
    rest: database.prepare(
      'UPDATE addresses SET released = ? WHERE pool = ? AND address = ? AND released IS NULL',
    ),
    forget: database.prepare('DELETE FROM addresses WHERE pool = ? AND address = ?'),
    takenBefore: database.prepare(`SELECT address FROM addresses JOIN pools ON pools.key = addresses.pool
     WHERE pools.id = ? AND released IS NULL AND kind = 'endpoint' AND addresses.made < ?`),
  }
}
