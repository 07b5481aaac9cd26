import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openDatabase } from '../../../../lib/store/database.ts'
import { nameStore } from '../../../../lib/store/names.ts'
import { networkStore } from '../../../../lib/store/networks.ts'
import { overrideStore } from '../../../../lib/store/overrides.ts'
import type { Patch } from '../../../../lib/store/patches/patch.ts'
import { idOf } from '../../../support/messages.ts'

type Recording = 'schema-2' | 'schema-3'

/** A state directory with what that version of the plugin wrote. */
const recorded = (t: Test, name: Recording): string => {
  const directory = t.testdir()
  const database = new DatabaseSync(join(directory, 'state.db'))
  database.exec(readFileSync(join(import.meta.dirname, `recorded/${name}.sql`), 'utf8'))
  database.close()
  return directory
}

/** The rows as text, by a reader that knows nothing of versions. */
const rowsOf = (path: string) => {
  const database = new DatabaseSync(path, { readOnly: true })
  const all = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  const rows = [
    all('SELECT id, spec, ready, medium FROM networks ORDER BY rowid'),
    all('SELECT id, network, slot, spec, ports, ready, joined, made FROM endpoints ORDER BY network, slot'),
    all('SELECT * FROM pools'),
    all('SELECT * FROM addresses'),
  ]
  database.close()
  return rows
}

const copies = (directory: string): string[] =>
  readdirSync(directory).filter((name) => /\.v|\.new/.test(name))

for (const name of ['schema-2', 'schema-3'] as const)
  t.test(`a database of ${name} is opened with all that was in it`, async (t) => {
    const directory = recorded(t, name)
    const path = join(directory, 'state.db')
    const before = rowsOf(path)
    const database = openDatabase(directory)
    const store = networkStore(database)
    t.strictSame(
      store.networks().map(({ spec }) => spec.id),
      ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'].map(idOf),
    )
    t.match(store.network(idOf('a2')), { options: { rate: 8e6, delay: 20e3, loss: 1, queue: 'cake' } })
    t.match(store.network(idOf('a3')), { shared: 50e6, uplink: { rate: 100e6 } })
    t.match(store.network(idOf('a4')), { passage: { icc: false, mode4: 'routed', trusted: ['eth1'] } })
    t.match(store.network(idOf('a6')), { bridge: 'br-web', mtu: 9000, ipv6: [{ subnet: 'fd09::/64' }] })
    t.match(store.endpoint(idOf('b1')), { ports: [{ proto: 'tcp', host: '127.0.0.1', port: 80 }] })
    if (name === 'schema-3') {
      t.strictSame(overrideStore(database).override(idOf('a2'), 'app'), { rate: '3mbit' })
      t.match(nameStore(database).endpoint(idOf('b2')), { name: 'app', labels: { tier: 'front' } })
    }
    database.close()
    t.strictSame(rowsOf(path), before)
    const [copy = ''] = copies(directory)
    t.strictSame(copies(directory), [`state.db.v${name.slice(-1)}`])
    t.equal(statSync(join(directory, copy)).mode & 0o777, 0o600)
    t.strictSame(rowsOf(join(directory, copy)), before)
  })

const patch: Patch = {
  network: ({ mtu, ...spec }) => ({ ...spec, bytes: mtu }),
  endpoint: (spec) => ({ ...spec, isNew: true }),
}

t.test('each patch is applied once, and the file of the version before stays beside', async (t) => {
  const directory = recorded(t, 'schema-3')
  openDatabase(directory).close()
  const specs = (path: string) =>
    rowsOf(path)
      .slice(0, 2)
      .map((rows) => rows.map(({ spec }) => JSON.parse(String(spec))))
  const path = join(directory, 'state.db')
  const [networks = [], endpoints = []] = specs(path)
  for (const _ of [1, 2]) openDatabase(directory, [patch]).close()
  t.strictSame(specs(path), [
    networks.map(({ mtu, ...spec }) => ({ ...spec, bytes: mtu })),
    endpoints.map((spec) => ({ ...spec, isNew: true })),
  ])
  t.strictSame(copies(directory), ['state.db.v4'])
  t.strictSame(specs(join(directory, 'state.db.v4')), [networks, endpoints])
  openDatabase(directory, [patch, { network: (spec) => ({ ...spec, more: 1 }) }]).close()
  t.match(specs(path)[0]?.[0], { bytes: 1500, more: 1 })
  t.strictSame(copies(directory), ['state.db.v4.2'], 'older copies are gone')
})

t.test('specs of a newer version are refused, and left as they are', async (t) => {
  const directory = t.testdir()
  openDatabase(directory, [patch]).close()
  for (const _ of [1, 2])
    t.throws(
      () => openDatabase(directory),
      /^cannot use the state in .* \(STATE_DIR\): its specs have version 2, this plugin knows 1: install the newer plugin again$/,
    )
  t.strictSame(copies(directory), [])
})

t.test('an upgrade that fails leaves the database as it was, and can be tried again', async (t) => {
  const directory = recorded(t, 'schema-3')
  const path = join(directory, 'state.db')
  const before = rowsOf(path)
  const failing: Patch = {
    endpoint: () => {
      throw new Error('half way')
    },
  }
  t.throws(() => openDatabase(directory, [patch, failing]), /half way$/)
  t.strictSame([rowsOf(path), copies(directory)], [before, ['state.db.v3']])
  // A crash while a copy was made, and one of a version that had the same number before a downgrade.
  writeFileSync(`${path}.new`, 'half a copy')
  writeFileSync(`${path}.v3`, 'of long ago')
  chmodSync(`${path}.v3`, 0o644)
  openDatabase(directory, [patch]).close()
  t.strictSame([rowsOf(`${path}.v3`), copies(directory)], [before, ['state.db.v3']])
  t.equal(statSync(`${path}.v3`).mode & 0o777, 0o600)
})

t.test('a new database has no copy', async (t) => {
  const directory = t.testdir()
  for (const _ of [1, 2]) openDatabase(directory).close()
  t.strictSame(copies(directory), [])
})
