import { readTemplate, type Template } from '../template/template.ts'
import { formatTable, type Paper } from './table.ts'

type Fields = Readonly<Record<string, string>>

interface TemplateFormat {
  readonly kind: 'template'
  /** `table …`: with a line of headers, in columns */
  readonly isTable: boolean
  readonly template: Template
}

/** What `--format` asks for, as Docker's own listings read it (docker/cli, cli/command/formatter). */
export type Format = { readonly kind: 'table' } | { readonly kind: 'json' } | TemplateFormat

/** @throws {TemplateError} it cannot be read */
export function readFormat(text = 'table'): Format {
  if (text === '' || text === 'table') return { kind: 'table' }
  if (text === 'json') return { kind: 'json' }
  const isTable = /^table\s/.test(text)
  // A shell hands `\t` on as it is.
  const words = (isTable ? text.slice('table'.length) : text).replace(/^ +| +$/g, '')
  const template = readTemplate(words.replaceAll('\\t', '\t').replaceAll('\\n', '\n'))
  return { kind: 'template', isTable, template }
}

/** Rows put through a template: a line each, or a table whose columns are parted by the template's tabs. */
export function formatRows(
  { isTable, template }: TemplateFormat,
  rows: readonly Fields[],
  headers: Fields,
  paper: Paper = {},
): string {
  const lines = rows.map((row) => template.run(row))
  if (!isTable) return lines.map((line) => `${line}\n`).join('')
  const cells = [template.runHeader(headers), ...lines].map((line) => line.split('\t'))
  const most = Math.max(...cells.map(({ length }) => length))
  return formatTable(
    cells.map((row) => Array.from({ length: most }, (_, index) => row[index] ?? '')),
    paper,
  )
}
