import type { DatabaseSync } from 'node:sqlite'

/** Options of an attachment as they were changed by hand: a text sets, null takes back what it came with. */
export type Override = Readonly<Record<string, string | null>>

/** What was changed by hand, by network and container name; goes with the network. */
export interface OverrideStore {
  /** Empty if there is none. */
  override(network: string, name: string): Override
  /** An empty one is none. */
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
