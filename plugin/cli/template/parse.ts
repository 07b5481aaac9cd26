import { splitTemplate, TemplateError, type Token, unquote } from './lex.ts'

/** What gives a value. */
export type Operand =
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
  | { readonly kind: 'field'; readonly of: Operand; readonly name: string }

/** A function or a field, and what it is given. */
export type Words = readonly [Operand, ...Operand[]]

export interface Pipe {
  /** set to the value: `$x := …`, or `$x = …` where `assigns` */
  readonly variables: readonly string[]
  readonly assigns: boolean
  readonly commands: readonly Words[]
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipe: Pipe
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | { readonly kind: 'break' | 'continue' }

/** What ended a list of nodes. */
interface End {
  readonly word: 'end' | 'else' | 'eof'
  /** what follows `else`, as the `if …` of `else if …` */
  readonly rest: readonly Token[]
}

/** @throws {TemplateError} */
export function parseTemplate(template: string): readonly Node[] {
  const pieces = [...splitTemplate(template)]

  const list = (inRange: boolean): { nodes: Node[]; end: End } => {
    const nodes: Node[] = []
    for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
      if (piece.kind === 'text') {
        nodes.push(piece)
        continue
      }
      const tokens = trim(piece.tokens)
      const [first] = tokens
      const word = first?.kind === 'word' ? first.text : ''
      const rest = trim(tokens.slice(1))
      if (word === 'end' || word === 'else') return { nodes, end: { word, rest } }
      if (word === 'if' || word === 'with' || word === 'range') nodes.push(block(word, rest, inRange))
      else if (word === 'break' || word === 'continue') {
        if (!inRange) throw new TemplateError(`{{${word}}} outside {{range}}`)
        nodes.push({ kind: word })
      } else if (/^(define|template|block)$/.test(word))
        throw new TemplateError(`{{${word}}} is not supported here`)
      else nodes.push({ kind: 'print', pipe: parsePipe(tokens) })
    }
    return { nodes, end: { word: 'eof', rest: [] } }
  }

  const block = (kind: 'if' | 'with' | 'range', head: readonly Token[], inRange: boolean): Node => {
    const pipe = parsePipe(head, kind === 'range')
    const { nodes: body, end } = list(inRange || kind === 'range')
    return { kind, pipe, body, otherwise: otherwise(kind, end, inRange) }
  }

  const otherwise = (kind: string, { word, rest }: End, inRange: boolean): readonly Node[] => {
    if (word === 'eof') throw new TemplateError('unexpected EOF: a block lacks its {{end}}')
    if (word === 'end') return []
    const [first] = rest
    if (first) {
      // `else if` has no end of its own.
      if (first.text !== kind || kind === 'range')
        throw new TemplateError(`unexpected ${first.text} behind else`)
      return [block(kind as 'if' | 'with', trim(rest.slice(1)), inRange)]
    }
    const { nodes, end } = list(inRange)
    if (end.word !== 'end') throw new TemplateError('expected {{end}} behind {{else}}')
    return nodes
  }

  const { nodes, end } = list(false)
  if (end.word !== 'eof') throw new TemplateError(`unexpected {{${end.word}}}`)
  return nodes
}

const isSpace = (token: Token | undefined): boolean => token?.kind === 'space'
const isSign = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'sign' && token.text === text

function trim(tokens: readonly Token[]): readonly Token[] {
  const from = isSpace(tokens[0]) ? 1 : 0
  return tokens.slice(from, isSpace(tokens.at(-1)) ? -1 : undefined)
}

/** @param two `range` may set two variables: `$index, $element := …` */
function parsePipe(tokens: readonly Token[], two = false): Pipe {
  const { variables, assigns, rest } = declaration(tokens, two)
  const left = [...rest]
  const pipe = pipeOf(left)
  if (left.length > 0) throw new TemplateError(`unexpected ${JSON.stringify(left[0]?.text)} in action`)
  return { ...pipe, variables, assigns }
}

function declaration(tokens: readonly Token[], two: boolean) {
  const words = tokens.filter((token) => !isSpace(token))
  const at = words.findIndex((token) => isSign(token, ':=') || isSign(token, '='))
  const named = words.slice(0, Math.max(0, at))
  const shape = named.map(({ kind, text }) => (kind === 'variable' ? '$' : text)).join('')
  if (at < 0 || !(shape === '$' || (two && shape === '$,$')))
    return { variables: [], assigns: false, rest: tokens }
  const sign = words[at] as Token
  return {
    variables: named.filter(({ kind }) => kind === 'variable').map(({ text }) => text),
    assigns: sign.text === '=',
    rest: tokens.slice(tokens.indexOf(sign) + 1),
  }
}

/** Takes from `left` up to what it cannot read. */
function pipeOf(left: Token[]): Pipe {
  const commands: Words[] = []
  for (;;) {
    const operands: Operand[] = []
    for (;;) {
      while (isSpace(left[0])) left.shift()
      const next = left[0]
      if (!next || isSign(next, '|') || isSign(next, ')')) break
      if (operands.length > 0 && !spaceBefore.has(next)) throw unexpected(next)
      operands.push(operandOf(left))
      if (isSpace(left[0]) && left[1]) spaceBefore.add(left[1])
    }
    const [first, ...others] = operands
    if (!first) throw new TemplateError('missing value for command')
    commands.push([first, ...others])
    if (!isSign(left[0], '|')) break
    left.shift()
  }
  return { variables: [], assigns: false, commands }
}

/** Operands are apart: `"a""b"` is none of Go's. */
const spaceBefore = new WeakSet<Token>()

const unexpected = ({ text }: Token): TemplateError =>
  new TemplateError(`unexpected ${JSON.stringify(text)} in operand`)

/** One operand with the fields behind it: `$x.A.B`, `(pipe).A`. */
function operandOf(left: Token[]): Operand {
  let operand = termOf(left)
  while (left[0]?.kind === 'field') {
    if (operand.kind === 'constant' || operand.kind === 'function') throw unexpected(left[0])
    operand = { kind: 'field', of: operand, name: left[0].text.slice(1) }
    left.shift()
  }
  return operand
}

const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, nil: null }

function termOf(left: Token[]): Operand {
  const token = left[0] as Token
  const { kind, text } = token
  // Its name stays for the loop above.
  if (kind === 'field') return { kind: 'dot' }
  left.shift()
  if (kind === 'variable') return { kind: 'variable', name: text }
  if (kind === 'string') {
    const value = unquote(text)
    return { kind: 'constant', value: text.startsWith("'") ? (value.codePointAt(0) ?? 0) : value }
  }
  if (kind === 'number') return { kind: 'constant', value: Number(text.replaceAll('_', '')) }
  if (kind === 'word')
    return Object.hasOwn(CONSTANTS, text)
      ? { kind: 'constant', value: CONSTANTS[text] ?? null }
      : { kind: 'function', name: text }
  if (isSign(token, '.')) return { kind: 'dot' }
  if (!isSign(token, '(')) throw unexpected(token)
  const pipe = pipeOf(left)
  if (!isSign(left.shift(), ')')) throw new TemplateError('unclosed left paren')
  return { kind: 'pipe', pipe }
}
