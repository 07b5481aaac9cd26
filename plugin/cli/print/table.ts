import { NONE } from './format.ts'
import { cutText, printable, widthOf } from './width.ts'

/** A text that may be painted; paint takes no room. */
export interface Cell {
  readonly text: string
  readonly style?: Style
}

/** In the words of Node's styleText(). */
export type Style = 'yellow' | 'red' | 'dim' | 'bold'

export interface Column {
  readonly header: string
  /** one for each row, in the rows' order */
  readonly cells: readonly (string | Cell)[]
  /** may be cut to so many columns of the terminal; absent: is shown whole or not at all */
  readonly least?: number
  /** is dropped before columns of a higher number; absent: is always shown */
  readonly rank?: number
}

/** What prints the table. */
export interface Paper {
  /** columns of the terminal; absent: as many as it takes */
  readonly width?: number | undefined
  readonly paint?: (style: Style, text: string) => string
}

/** Columns between two columns: as many as Docker's tables have, and where room is short. */
const GAP = 3
const NARROW_GAP = 2

/** Whether the columns that say something find room as they are. */
export function fits(columns: readonly Column[], width = Number.POSITIVE_INFINITY): boolean {
  const measured = columns.map(measure)
  return total(telling(measured), 'natural', GAP) <= width
}

interface Measured {
  /** the header, then the cells */
  readonly lines: readonly Cell[]
  readonly natural: number
  readonly least: number
  readonly rank: number
  readonly saysNothing: boolean
}

/**
 * In columns as wide as they have to be. Where the terminal is narrower than that, in this order, until a row
 * fits: columns that say nothing are dropped, gaps narrowed, cells cut (the last column's first), columns
 * dropped by their rank, lines cut.
 */
export function formatColumns(columns: readonly Column[], { width, paint }: Paper = {}): string {
  const measured = columns.map(measure)
  const room = width ?? Number.POSITIVE_INFINITY
  const { shown, gap } = choose(measured, room)
  const sizes = cutSizes(shown, gap, room)
  const rows = measured[0]?.lines.map((_, row) => shown.map(({ lines }) => lines[row] ?? { text: '' })) ?? []
  return rows.map((cells) => `${formatLine(cells, sizes, { gap, room, paint })}\n`).join('')
}

function measure({ header, cells, least, rank = Number.POSITIVE_INFINITY }: Column): Measured {
  const clean = (cell: string | Cell): Cell =>
    typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) }
  const lines = [{ text: header }, ...cells.map(clean)]
  const natural = Math.max(...lines.map(({ text }) => widthOf(text)))
  return {
    lines,
    natural,
    least: Math.min(natural, least ?? natural),
    rank,
    saysNothing: lines.slice(1).every(({ text }) => text === '' || text === NONE),
  }
}

const total = (columns: readonly Measured[], of: 'natural' | 'least', gap: number): number =>
  columns.reduce((sum, column) => sum + column[of], gap * (columns.length - 1))

const telling = (columns: readonly Measured[]): readonly Measured[] =>
  columns.filter(({ saysNothing, rank }) => !saysNothing || rank === Number.POSITIVE_INFINITY)

/** Which columns are shown, and how far apart. */
function choose(columns: readonly Measured[], room: number): { shown: readonly Measured[]; gap: number } {
  if (total(columns, 'natural', GAP) <= room) return { shown: columns, gap: GAP }
  let shown = telling(columns)
  if (total(shown, 'natural', GAP) <= room) return { shown, gap: GAP }
  while (total(shown, 'least', NARROW_GAP) > room) {
    const lowest = Math.min(...shown.map(({ rank }) => rank))
    if (lowest === Number.POSITIVE_INFINITY) break
    shown = shown.filter(({ rank }) => rank !== lowest)
  }
  return { shown, gap: NARROW_GAP }
}

/** How wide each column is: the last ones are cut first. */
function cutSizes(columns: readonly Measured[], gap: number, room: number): readonly number[] {
  let excess = Math.max(0, total(columns, 'natural', gap) - room)
  return columns
    .toReversed()
    .map(({ natural, least }) => {
      const cut = Math.min(excess, natural - least)
      excess -= cut
      return natural - cut
    })
    .toReversed()
}

interface Line {
  readonly gap: number
  readonly room: number
  readonly paint: Paper['paint']
}

function formatLine(cells: readonly Cell[], sizes: readonly number[], { gap, room, paint }: Line): string {
  let line = ''
  let left = room
  let blank = 0
  for (const [index, { text, style }] of cells.entries()) {
    const size = sizes[index] ?? 0
    if (left - blank < 1) break
    const shown = cutText(text, Math.min(size, left - blank))
    const width = widthOf(shown)
    if (width > 0) {
      line += ' '.repeat(blank) + (style && paint ? paint(style, shown) : shown)
      left -= blank + width
      blank = 0
    }
    blank += size + gap - width
  }
  return line
}

/** The same from rows, of which the first has the headers. */
export const formatTable = (rows: readonly (readonly string[])[], paper: Paper = {}): string =>
  formatColumns(
    (rows[0] ?? []).map((header, index) => ({ header, cells: rows.slice(1).map((row) => row[index] ?? '') })),
    paper,
  )
