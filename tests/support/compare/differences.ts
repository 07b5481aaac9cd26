import { readFileSync } from 'node:fs'
import { VERSIONS, type Version } from '../engine.ts'
import type { Difference } from './judge.ts'

/**
 * The differences that a page of documentation tells of: below a heading a reason, and then a table of
 * engines, behaviour, what Docker's driver does and what Sluice does.
 *
 * @throws {Error} naming the line that is no row, or the heading without a reason
 */
export function parseDifferences(page: string): Difference[] {
  const [, ...sections] = page.split(/^## /m)
  return sections.flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n')
    const reason = lines.filter((line) => line !== '' && !line.startsWith('|')).join(' ')
    if (reason === '') throw new Error(`no reason is given below "${heading}"`)
    const rows = lines.filter((line) => line.startsWith('|')).slice(2)
    return rows.map((row) => ({ ...parseRow(row), reason: `${heading}: ${reason}` }))
  })
}

function parseRow(row: string): Omit<Difference, 'reason'> {
  const [engines = '', behaviour = '', bridge = '', sluice = '', ...more] = row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
  const named = engines === 'all' ? VERSIONS : engines.split(', ').map(engineOf)
  const [, seen] = /^`(.+)`$/.exec(bridge) ?? []
  const [, other] = /^`(.+)`$/.exec(sluice) ?? []
  if (!behaviour || !seen || !other || more.length > 0) throw new Error(`not a row of four: ${row}`)
  return { engines: named, behaviour, bridge: seen, sluice: other }
}

function engineOf(text: string): Version {
  const found = VERSIONS.find((engine) => engine === text)
  if (!found) throw new Error(`not an engine that is compared on: ${text}`)
  return found
}

/** The page on which they are written down. */
export const PAGE = new URL('../../../docs/differences.md', import.meta.url)

export const writtenDifferences = (): Difference[] => parseDifferences(readFileSync(PAGE, 'utf8'))
