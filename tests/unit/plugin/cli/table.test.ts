import fc from 'fast-check'
import t from 'tap'
import { type Column, formatColumns } from '../../../../plugin/cli/print/table.ts'
import { cutText, widthOf } from '../../../../plugin/cli/print/width.ts'

const cells = (rows: number) =>
  fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.constantFrom('-', '')), {
    minLength: rows,
    maxLength: rows,
  })

const columns: fc.Arbitrary<Column[]> = fc.integer({ min: 0, max: 4 }).chain((rows) =>
  fc.array(
    fc.record(
      {
        header: fc.string({ minLength: 1, maxLength: 12 }),
        cells: cells(rows),
        least: fc.integer({ min: 1, max: 12 }),
        rank: fc.integer({ min: 0, max: 3 }),
      },
      { requiredKeys: ['header', 'cells'] },
    ),
    { minLength: 1, maxLength: 6 },
  ),
)

const linesOf = (table: string): string[] => table.replace(/\n$/, '').split('\n')

t.test('no line is wider than the terminal, and none is broken in two', async () => {
  fc.assert(
    fc.property(columns, fc.integer({ min: 1, max: 100 }), (given, width) => {
      const lines = linesOf(formatColumns(given, { width }))
      return (
        lines.length === (given[0]?.cells.length ?? 0) + 1 && lines.every((line) => widthOf(line) <= width)
      )
    }),
  )
})

t.test('paint takes no room', async () => {
  const paint = (_: string, text: string): string => `\ue000${text}\ue001`
  fc.assert(
    fc.property(columns, fc.integer({ min: 1, max: 100 }), (given, width) => {
      const painted = given.map((column) => ({
        ...column,
        cells: column.cells.map((text) => ({ text: String(text), style: 'bold' as const })),
      }))
      const bare = formatColumns(painted, { width, paint }).replaceAll(/[\ue000\ue001]/g, '')
      return bare === formatColumns(given, { width })
    }),
  )
})

const few: Column[] = [
  { header: 'NAME', cells: ['web', 'a-long-name'], least: 6 },
  { header: 'RATE', cells: ['1mbit', '-'], rank: 2 },
  { header: 'LOSS', cells: ['-', '-'], rank: 3 },
  { header: 'PORTS', cells: ['0.0.0.0:80->80/tcp, 0.0.0.0:81->81/tcp', ''], rank: 1, least: 7 },
]

t.test('what finds no room is dropped or cut in the order that is stated', async (t) => {
  for (const [width, first] of [
    [undefined, 'web           1mbit   -      0.0.0.0:80->80/tcp, 0.0.0.0:81->81/tcp'],
    [67, 'web           1mbit   -      0.0.0.0:80->80/tcp, 0.0.0.0:81->81/tcp'],
    [66, 'web           1mbit   0.0.0.0:80->80/tcp, 0.0.0.0:81->81/tcp'],
    [60, 'web           1mbit   0.0.0.0:80->80/tcp, 0.0.0.0:81->81/tcp'],
    [59, 'web          1mbit  0.0.0.0:80->80/tcp, 0.0.0.0:81->81/tcp'],
    [40, 'web          1mbit  0.0.0.0:80->80/tcp,…'],
    [27, 'web          1mbit  0.0.0.…'],
    [25, 'web        1mbit  0.0.0.…'],
    [21, 'web          1mbit'],
    [14, 'web      1mbit'],
    [12, 'web'],
    [2, 'w…'],
  ] as const)
    t.equal(linesOf(formatColumns(few, { width }))[1], first, String(width))
})

t.test('a name that would move the cursor does not', async (t) => {
  t.equal(formatColumns([{ header: 'NAME', cells: ['a\x1b[2Jb\nc'] }]), 'NAME\na\ufffd[2Jb\ufffdc\n')
})

t.test('wide characters are cut by the room that they take', async (t) => {
  t.equal(widthOf('网络'), 4)
  t.equal(cutText('网络络', 5), '网络…')
  t.equal(cutText('网络络', 4), '网…')
  t.equal(cutText('e\u0301e\u0301', 2), 'e\u0301e\u0301')
})
