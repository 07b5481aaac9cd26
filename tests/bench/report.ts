import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { repo } from '../support/host.ts'
import type { Table } from './part.ts'

/** Writes tables to stdout, in Markdown. */
export function print(tables: readonly Table[]): void {
  for (const { title, columns, rows } of tables) {
    const widths = columns.map((column, index) =>
      Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)),
    )
    const line = (cells: readonly string[]) =>
      `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width)).join(' | ')} |`
    const rule = widths.map((width) => '-'.repeat(width))
    process.stdout.write(`\n### ${title}\n\n${[columns, rule, ...rows].map(line).join('\n')}\n`)
  }
}

/** Writes `bench/results/<name>.json` and gives its path. */
export function save(name: string, tables: readonly Table[]): string {
  const folder = join(repo, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  const result = { date: new Date().toISOString(), node: process.version, load: loadavg(), tables }
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
  return file
}
