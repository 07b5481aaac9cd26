import { chmodSync, closeSync, fsyncSync, globSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { applyPatches, type Patch } from './patches/patch.ts'
import { SCHEMA } from './schema.ts'
import { transact } from './transact.ts'

/**
 * Of the tables, and of the specs in them. Specs had no version of their own before schema 4: theirs is 1.
 */
interface Versions {
  readonly schema: number
  readonly specs: number
}

/**
 * Brings a database to what this plugin knows. The file as it was stays beside it as `<path>.v<version>`, in
 * place of older ones.
 *
 * @throws {Error} a newer version wrote it; it is left as it is
 */
export function upgrade(database: DatabaseSync, path: string, patches: readonly Patch[]): void {
  const now = versionsOf(database)
  const known: Versions = { schema: SCHEMA.length, specs: patches.length + 1 }
  for (const [what, found, most] of [
    ['it has version', now.schema, known.schema],
    ['its specs have version', now.specs, known.specs],
  ] as const)
    if (found > most)
      throw new Error(`${what} ${found}, this plugin knows ${most}: install the newer plugin again`)
  if (now.schema === known.schema && now.specs === known.specs) return
  if (now.schema > 0) keepCopy(database, path, now)
  transact(database, () => {
    for (const statements of SCHEMA.slice(now.schema)) database.exec(statements)
    applyPatches(database, patches.slice(now.specs - 1))
    database.prepare('UPDATE specs SET version = ?').run(known.specs)
    database.exec(`PRAGMA user_version = ${known.schema}`)
  })
}

function versionsOf(database: DatabaseSync): Versions {
  const schema = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  const hasSpecs = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'specs'`).get()
  const specs = hasSpecs ? Number(database.prepare('SELECT version FROM specs').get()?.version) : 1
  return { schema, specs }
}

/**
 * By SQLite, not byte by byte: closing another descriptor of the file would drop this process's lock on it.
 * Renamed once it is whole, so a crash leaves no half copy; the next start makes it again, since nothing has
 * changed until then.
 */
function keepCopy(database: DatabaseSync, path: string, { schema, specs }: Versions): void {
  const copy = `${path}.v${specs === 1 ? schema : `${schema}.${specs}`}`
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  database.prepare('VACUUM INTO ?').run(fresh)
  chmodSync(fresh, 0o600)
  sync(fresh)
  renameSync(fresh, copy)
  sync(dirname(path))
  for (const other of globSync(`${path}.v*`)) if (other !== copy) rmSync(other, { force: true })
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
