import type { Profile } from '../../control/types.ts'
import type { Run } from '../call.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'
import { formatBoth, NONE } from '../print/format.ts'
import { formatTable } from '../print/table.ts'

export const profiles: Run = async ({ flags, globals, environment, output }) => {
  const engine = connectEngine(globals, environment)
  const [client] = await findPlugins({ engine, environment })
  const found = (await client?.profiles()) ?? []
  if (flags.format !== 'json') return output.write(formatProfiles(found))
  for (const profile of found) output.write(`${JSON.stringify(profile)}\n`)
}

/** Options without a column of their own, as they would be written. */
const COLUMNS = /^(rate|delay|loss)(\.up|\.down)?$|^jitter$/

/** A table of what they are, and below it, since it is prose, where that comes from. Pure. */
export function formatProfiles(profiles: readonly Profile[]): string {
  const others = profiles.some(({ options }) => Object.keys(options).some((key) => !COLUMNS.test(key)))
  const table = formatTable([
    ['NAME', 'RATE UP', 'RATE DOWN', 'DELAY', 'JITTER', 'LOSS', ...(others ? ['OTHERS'] : []), 'SUMMARY'],
    ...profiles.map(({ name, options, summary }) => {
      const way = (key: string, way: 'up' | 'down'): string =>
        options[`${key}.${way}`] ?? options[key] ?? NONE
      const both = (key: string): string => formatBoth(way(key, 'up'), way(key, 'down'))
      const rest = Object.entries(options).filter(([key]) => !COLUMNS.test(key))
      return [
        name,
        ...[way('rate', 'up'), way('rate', 'down'), both('delay'), both('jitter'), both('loss')],
        ...(others ? [rest.map(([key, value]) => `${key}=${value}`).join(' ') || NONE] : []),
        summary,
      ]
    }),
  ])
  return `${table}\nSources:\n${profiles.map(({ name, source }) => `${name}: ${source}\n`).join('')}`
}
