import type { Environment, Globals } from '../call.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'
import { nameNetworks, readNetworks } from '../engine/view.ts'
import type { Sources } from './complete-argument.ts'

/** Names as the engine and the plugin have them at this moment. */
export function completionSources(globals: Globals, environment: Environment): Sources {
  const engine = connectEngine(globals, environment)
  return {
    networks: async () =>
      nameNetworks(await readNetworks(await findPlugins({ engine, environment })), engine),
    async profiles() {
      const [client] = await findPlugins({ engine, environment })
      return (await client?.profiles()) ?? []
    },
    async keys(scope) {
      const { OPTIONS } = await import('../../options/table.ts')
      return Object.entries(OPTIONS)
        .filter(([key, { scopes }]) => (scopes as readonly string[]).includes(scope) && !isDockers(key))
        .map(([value, { meaning }]) => ({ value, meaning: meaning.replaceAll('`', '') }))
    },
  }
}

/** Set once, when the network is made. */
const isDockers = (key: string): boolean => key.startsWith('com.docker.')
