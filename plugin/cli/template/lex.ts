/** A template in Go's language cannot be read, or not be carried out. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

/** A word of what stands between `{{` and `}}`. */
export interface Token {
  readonly kind: 'field' | 'variable' | 'word' | 'string' | 'number' | 'sign' | 'space'
  readonly text: string
}

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[] }

const TOKEN =
  /(?<space>\s+)|(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}\p{N}_]*)|(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+')|(?<number>[+-]?(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+))|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<sign>:=|[().,|=])/uy

/** Text and actions in their order; `{{-` and `-}}` have taken the space beside them, comments are gone. */
export function splitTemplate(template: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let trimNext = false
  const addText = (text: string): void => {
    const kept = trimNext ? text.trimStart() : text
    if (kept !== '') pieces.push({ kind: 'text', text: kept })
  }
  for (;;) {
    const open = template.indexOf('{{', at)
    if (open < 0) break
    const trims = /^-\s/.test(template.slice(open + 2, open + 4))
    const text = template.slice(at, open)
    addText(trims ? text.trimEnd() : text)
    const inside = open + 2 + (trims ? 1 : 0)
    const { tokens, end, trimsAfter } = lexAction(template, inside)
    if (tokens) pieces.push({ kind: 'action', tokens })
    at = end
    trimNext = trimsAfter
  }
  addText(template.slice(at))
  return pieces
}

interface Action {
  /** absent for a comment */
  readonly tokens?: readonly Token[]
  readonly end: number
  readonly trimsAfter: boolean
}

const CLOSE = /(\s-)?\}\}/y

function lexAction(template: string, start: number): Action {
  const comment = /\s*\/\*[\s\S]*?\*\/(\s-)?\}\}/y
  comment.lastIndex = start
  const commented = comment.exec(template)
  if (commented) return { end: comment.lastIndex, trimsAfter: commented[1] !== undefined }
  const tokens: Token[] = []
  let at = start
  while (at < template.length) {
    CLOSE.lastIndex = at
    const closed = CLOSE.exec(template)
    if (closed) return { tokens, end: CLOSE.lastIndex, trimsAfter: closed[1] !== undefined }
    TOKEN.lastIndex = at
    const groups = TOKEN.exec(template)?.groups
    const [kind, text] = Object.entries(groups ?? {}).find(([, found]) => found !== undefined) ?? []
    if (kind === undefined || text === undefined) {
      const bad = template[at] ?? ''
      throw new TemplateError(
        /["`']/.test(bad) ? 'unterminated quoted string' : `unexpected ${JSON.stringify(bad)} in action`,
      )
    }
    tokens.push({ kind: kind as Token['kind'], text })
    at = TOKEN.lastIndex
  }
  throw new TemplateError('unclosed action')
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** What a quoted string of Go stands for. */
export function unquote(quoted: string): string {
  if (quoted.startsWith('`')) return quoted.slice(1, -1)
  return quoted
    .slice(1, -1)
    .replace(
      /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs,
      (_, x, u, U, octal, one) => {
        if (one !== undefined) {
          if (!Object.hasOwn(ESCAPES, one)) throw new TemplateError(`bad escape \\${one} in ${quoted}`)
          return ESCAPES[one] ?? ''
        }
        return String.fromCodePoint(octal ? Number.parseInt(octal, 8) : Number.parseInt(x ?? u ?? U, 16))
      },
    )
}
