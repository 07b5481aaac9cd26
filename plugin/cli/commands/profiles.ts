import type { Profile } from '../../control/schema/components.ts'
import type { Run } from '../call.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'
import { formatBoth, NONE } from '../print/format.ts'
import { type Column, formatColumns, type Paper } from '../print/table.ts'
import { formatRows, readFormat } from '../print/templates.ts'
import { foldLines } from '../print/width.ts'

/** What a template may name. */
export const PROFILE_FIELDS = {
  Name: { header: 'NAME', meaning: 'value of `link`' },
  RateUp: { header: 'RATE UP', meaning: 'what it sends at most' },
  RateDown: { header: 'RATE DOWN', meaning: 'what it receives at most' },
  Delay: { header: 'DELAY', meaning: 'one way; one text where both directions have the same, else UP/DOWN' },
  Jitter: { header: 'JITTER', meaning: 'the same' },
  Loss: { header: 'LOSS', meaning: 'the same' },
  Others: { header: 'OTHERS', meaning: 'options without a name of their own here' },
  Summary: { header: 'SUMMARY', meaning: 'what it is' },
  Source: { header: 'SOURCE', meaning: 'where its numbers come from' },
} as const

type Fields = Readonly<Record<keyof typeof PROFILE_FIELDS, string>>

export const profiles: Run = async ({ flags, globals, environment, output }) => {
  const format = readFormat(flags.format)
  const engine = connectEngine(globals, environment)
  const [client] = await findPlugins({ engine, environment })
  const found = (await client?.profiles()) ?? []
  const paper = { width: flags['no-trunc'] === 'true' ? undefined : output.columns(), paint: output.paint }
  if (flags.quiet === 'true') return output.write(found.map(({ name }) => `${name}\n`).join(''))
  if (format.kind === 'json')
    return output.write(found.map((profile) => `${JSON.stringify(profile)}\n`).join(''))
  if (format.kind === 'table') return output.write(formatProfiles(found, paper))
  output.write(formatRows(format, found.map(fieldsOf), PROFILE_HEADERS, paper))
}

const PROFILE_HEADERS = Object.fromEntries(
  Object.entries(PROFILE_FIELDS).map(([name, { header }]) => [name, header]),
)

/** Options with a column of their own. */
const COLUMNS = /^(rate|delay|loss)(\.up|\.down)?$|^jitter$/

function fieldsOf({ name, options, summary, source }: Profile): Fields {
  const way = (key: string, way: 'up' | 'down'): string => options[`${key}.${way}`] ?? options[key] ?? NONE
  const both = (key: string): string => formatBoth(way(key, 'up'), way(key, 'down'))
  const others = Object.entries(options).filter(([key]) => !COLUMNS.test(key))
  return {
    Name: name,
    RateUp: way('rate', 'up'),
    RateDown: way('rate', 'down'),
    Delay: both('delay'),
    Jitter: both('jitter'),
    Loss: both('loss'),
    Others: others.map(([key, value]) => `${key}=${value}`).join(' ') || NONE,
    Summary: summary,
    Source: source,
  }
}

/** A table of what they are, and below it, since it is prose, where that comes from. Pure. */
export function formatProfiles(profiles: readonly Profile[], paper: Paper = {}): string {
  const rows = profiles.map(fieldsOf)
  const column = (name: keyof Fields, more: Pick<Column, 'least' | 'rank'> = {}): Column => ({
    header: PROFILE_FIELDS[name].header,
    cells: rows.map((row) => row[name]),
    ...more,
  })
  const table = formatColumns(
    [
      ...[column('Name'), column('RateUp'), column('RateDown'), column('Delay'), column('Jitter')],
      column('Loss'),
      ...(rows.some(({ Others }) => Others !== NONE) ? [column('Others', { rank: 1, least: 8 })] : []),
      column('Summary', { rank: 2, least: 16 }),
    ],
    paper,
  )
  const sources = profiles.map(({ name, source }) => `${name}: ${source}\n`).join('')
  return `${table}\nSources:\n${foldLines(sources, paper.width)}`
}
