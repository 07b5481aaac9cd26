import type { Output } from '../call.ts'
import { cutText } from './width.ts'

const HOME = '\x1b[H'
const CLEAR_ALL = '\x1b[2J'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'

/** Ctrl-C and Ctrl-D, which a terminal in raw mode hands on as they are. */
const QUIT = ['q', 'Q', '\x03', '\x04']

/**
 * The lines that fit: the first one is the header and stays, those that find no room are counted. Pure.
 *
 * @param rows lines of the terminal, of which the last is left free
 */
export function fitLines(lines: readonly string[], rows: number): readonly string[] {
  const room = Math.max(1, rows - 1)
  if (lines.length <= room) return lines
  const shown = Math.max(1, room - 1)
  const more = lines.length - shown
  return room === 1
    ? lines.slice(0, 1)
    : [...lines.slice(0, shown), `… ${more} more ${more === 1 ? 'row' : 'rows'}`]
}

/**
 * A terminal on which each table takes the place of the one before it, in one piece and line by line, so that
 * nothing flickers. `q`, Ctrl-C and Ctrl-D end the program.
 */
export function createScreen(output: Output) {
  const { stdin, stdout } = process
  let last: { readonly table: () => string; readonly trouble: string | undefined } | undefined
  let isClosed = false

  const close = (): void => {
    if (isClosed) return
    isClosed = true
    if (stdin.isTTY) stdin.setRawMode(false)
    stdin.pause()
    output.write(SHOW_CURSOR)
  }
  process.once('exit', close)
  if (stdin.isTTY) {
    stdin.setRawMode(true)
    stdin.on('data', (keys) => {
      if (QUIT.some((key) => String(keys).includes(key))) process.exit(0)
    })
  }

  const draw = (table: () => string, trouble: string | undefined, begin = ''): void => {
    last = { table, trouble }
    const notice = trouble === undefined ? [] : [cutText(trouble, output.columns() ?? trouble.length)]
    const lines = fitLines(table().trimEnd().split('\n'), output.rows() - notice.length)
    const shown = [...notice.map((line) => output.paint('red', line)), ...lines]
    output.write(`${begin}${HOME}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`)
  }
  output.write(HIDE_CURSOR + CLEAR_ALL)
  // What a narrower terminal has wrapped is no line of ours any more.
  stdout.on('resize', () => last && draw(last.table, last.trouble, CLEAR_ALL))

  return { draw, close }
}
