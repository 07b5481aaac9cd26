import type { DatabaseSync } from 'node:sqlite'

/**
 * A user's changes to an attachment's options: a text sets an option, null removes one that the attachment
 * came with.
 */
export type Override = Readonly<Record<string, string | null>>

/** Users' changes, by network and container name. The database deletes them with the network. */
export interface OverrideStore {
  /** Empty if there is none. */
  override(network: string, name: string): Override
  /** An empty override deletes the entry. */
  keep(network: string, name: string, override: Override): void
}

export function overrideStore(database: DatabaseSync): OverrideStore {
  const get = database.prepare('SELECT options FROM overrides WHERE network = ? AND name = ?')
  const put = database.prepare('INSERT OR REPLACE INTO overrides (network, name, options) VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM overrides WHERE network = ? AND name = ?')
  return {
    override: (network, name) => {
      const row = get.get(network, name)
      return row ? (JSON.parse(String(row.options)) as Override) : {}
    },
    keep: (network, name, override) => {
      if (Object.keys(override).length === 0) remove.run(network, name)
      else put.run(network, name, JSON.stringify(override))
    },
  }
}
