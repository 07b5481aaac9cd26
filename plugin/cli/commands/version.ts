import { messageOf } from '../../../lib/values/errors.ts'
import type { Health } from '../../control/schema/components.ts'
import type { Run } from '../call.ts'
import { composeVersion } from '../compose/read.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'
import { METADATA } from '../metadata.ts'
import { formatTable } from '../print/table.ts'

/** What is told of a plugin. */
interface PluginVersion {
  readonly version: string
  readonly status: string
  /** whether it follows the engine */
  readonly engine: string
  readonly kernel: string
  readonly iproute2: string
  readonly nft: string
  /** null where it is missing; not told by a plugin that is older than the command */
  readonly iptables?: string | null | undefined
  readonly conntrack?: string | null | undefined
  readonly faults: readonly string[]
}

/** Versions by what has them; what could not be found out is absent. */
export interface Versions {
  readonly command: string
  readonly plugins: readonly PluginVersion[]
  readonly engine?: string
  readonly compose?: string
}

/** Prints what there is, also where there is no plugin or no engine, and then fails. */
export const version: Run = async ({ flags, globals, environment, output }) => {
  const failures = new Set<string>()
  const failed = (error: unknown): undefined => void failures.add(messageOf(error))
  const engine = connectEngine(globals, environment)
  const [plugins, engineVersion, compose] = await Promise.all([
    findPlugins({ engine, environment })
      .then((clients) => Promise.all(clients.map((client) => client.health())))
      .catch(failed),
    engine.version().catch(failed),
    composeVersion(environment),
  ])
  const found: Versions = {
    command: METADATA.Version,
    plugins: (plugins ?? []).map(pluginVersion),
    ...(engineVersion === undefined ? {} : { engine: engineVersion }),
    ...(compose === undefined ? {} : { compose }),
  }
  output.write(flags.format === 'json' ? `${JSON.stringify(found)}\n` : formatVersions(found))
  if (failures.size > 0) throw new Error([...failures].join('\n'))
}

function pluginVersion({ version, status, engine, capabilities, tools, faults }: Health): PluginVersion {
  const { kernel, iproute2, nft } = capabilities
  const { iptables, conntrack } = tools ?? {}
  return { version, status, engine, kernel, iproute2, nft, iptables, conntrack, faults }
}

const TOOLS = ['iproute2', 'nft', 'iptables', 'conntrack'] as const

/** Pure. */
export function formatVersions({ command, plugins, engine, compose }: Versions): string {
  const rows = plugins.flatMap((plugin) => [
    ['Plugin:', plugin.version],
    [' Status:', plugin.status],
    ...plugin.faults.map((fault) => [' Fault:', fault]),
    [' Engine:', plugin.engine],
    [' Kernel:', plugin.kernel],
    ...TOOLS.flatMap((tool) =>
      plugin[tool] === undefined ? [] : [[` ${tool}:`, plugin[tool] || 'missing']],
    ),
  ])
  return formatTable([
    ['Command:', command],
    ...rows,
    ...(engine === undefined ? [] : [['Engine:', engine]]),
    ...(compose === undefined ? [] : [['Compose:', compose]]),
  ])
}
