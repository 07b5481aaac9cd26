import type { NetworkView } from '../engine/view.ts'
import { formatBoth, formatMeasured } from './format.ts'
import { formatDrops, notesOf, type Row, rowsOf, signOf, type Way } from './rows.ts'
import { type Cell, type Column, fits, formatColumns, type Paper } from './table.ts'

/** What stands behind a rate that is as high as it may be. */
const AT_LIMIT = '!'

interface Shown extends Paper {
  /** with what is measured */
  readonly now: boolean
}

/**
 * The table of `ls` and `watch`: every network, its uplink, its containers. Where it finds no room with a
 * column for each direction, the two share one. Pure.
 */
export function formatListing(networks: readonly NetworkView[], { now, ...paper }: Shown): string {
  const rows = rowsOf(networks)
  const wide = listingColumns(rows, [
    column(rows, 'RATE UP', (row) => row.up.cap),
    ...(now ? [column(rows, 'NOW UP', (row) => nowCell([row.up]))] : []),
    column(rows, 'RATE DOWN', (row) => row.down.cap),
    ...(now ? [column(rows, 'NOW DOWN', (row) => nowCell([row.down]))] : []),
  ])
  if (fits(wide, paper.width)) return formatColumns(wide, paper)
  const narrow = listingColumns(rows, [
    column(rows, 'RATE UP/DOWN', ({ up, down }) => formatBoth(up.cap, down.cap), { rank: 4 }),
    ...(now ? [column(rows, 'NOW UP/DOWN', ({ up, down }) => nowCell([up, down]))] : []),
  ])
  return formatColumns(narrow, paper)
}

const column = (
  rows: readonly Row[],
  header: string,
  cellOf: (row: Row) => string | Cell,
  more: Pick<Column, 'least' | 'rank'> = {},
): Column => ({ header, cells: rows.map(cellOf), ...more })

function listingColumns(rows: readonly Row[], rates: readonly Column[]): readonly Column[] {
  const ports = rows.some((row) => row.ports.length > 0)
  const notes = rows.some((row) => notesOf(row).length > 0)
  return [
    column(rows, 'NETWORK/CONTAINER', nameCell, { least: 12 }),
    ...rates,
    column(rows, 'DELAY', (row) => row.delay, { rank: 2 }),
    column(rows, 'LOSS', (row) => row.loss, { rank: 1 }),
    column(rows, 'DROPS', (row) => formatDrops(row.drops), { rank: 5, least: 8 }),
    ...(ports ? [column(rows, 'PORTS', (row) => row.ports.join(', '), { rank: 3, least: 8 })] : []),
    ...(notes ? [column(rows, 'NOTES', (row) => notesOf(row).join('; '), { rank: 0, least: 5 })] : []),
  ]
}

const NAMES: Readonly<Record<Row['kind'], (row: Row) => string>> = {
  network: ({ network }) => network.name,
  uplink: () => '  (uplink)',
  container: ({ endpoint }) => `  ${endpoint?.name}`,
}

function nameCell(row: Row): Cell {
  const text = `${NAMES[row.kind](row)}${signOf(row)}`
  if (row.network.orphan) return { text, style: 'dim' }
  return row.kind === 'network' ? { text, style: 'bold' } : { text }
}

function nowCell(ways: readonly Way[]): Cell {
  const [up = '', down = up] = ways.map(
    ({ measured, saturated }) => `${formatMeasured(measured)}${saturated ? ` ${AT_LIMIT}` : ''}`,
  )
  return {
    text: formatBoth(up, down),
    ...(ways.some(({ saturated }) => saturated) ? { style: 'yellow' } : {}),
  }
}

/** What is not as it should be, a line each. */
export const faultLines = (networks: readonly NetworkView[]): readonly string[] =>
  networks.flatMap(({ name, orphan, faults, endpoints }) => [
    ...(orphan ? [`WARNING: ${name}: not known to the engine: docker sluice prune`] : []),
    ...faults.map((fault) => `WARNING: ${name}: ${fault}`),
    ...endpoints.flatMap((one) => one.faults.map((fault) => `WARNING: ${name}/${one.name}: ${fault}`)),
  ])
