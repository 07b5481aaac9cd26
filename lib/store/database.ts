import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../values/errors.ts'
import { PATCHES } from './patches/patches.ts'
import { upgrade } from './upgrade.ts'

/**
 * Opens the state database, creates or upgrades it, and locks it for this process alone.
 *
 * A row is on disk when the statement returns (write-ahead log, full sync): 0.4 ms.
 *
 * @param directory STATE_DIR; created with mode 0700 if it is missing
 * @param patches for specs, by version
 * @throws {Error} if another process has it open, or a newer version wrote it
 */
export function openDatabase(directory: string, patches = PATCHES): DatabaseSync {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'state.db')
  const database = new DatabaseSync(path)
  try {
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -1024',
    )
    upgrade(database, path, patches)
  } catch (error) {
    database.close()
    throw new Error(`cannot use the state in ${directory} (STATE_DIR): ${messageOf(error)}`, { cause: error })
  }
  return database
}
