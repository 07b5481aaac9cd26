import type { TemplateFunction } from './functions.ts'
import { TemplateError } from './lex.ts'
import type { Node, Operand, Pipe, Words } from './parse.ts'
import { entriesOf, fieldOf, isTrue, printed } from './values.ts'

type Functions = Readonly<Record<string, TemplateFunction>>

/** Variables of a block, and of those around it. */
interface Scope {
  readonly values: Map<string, unknown>
  readonly outer?: Scope
}

interface Frame {
  readonly dot: unknown
  readonly scope: Scope
  readonly functions: Functions
}

/** How a list of nodes ended. */
type Ended = 'break' | 'continue' | undefined

/** @throws {TemplateError} */
export function evaluate(nodes: readonly Node[], data: unknown, functions: Functions): string {
  const written: string[] = []
  const frame: Frame = { dot: data, scope: { values: new Map([['$', data]]) }, functions }
  walk(nodes, frame, (text) => written.push(text))
  return written.join('')
}

const inner = (frame: Frame, dot: unknown = frame.dot): Frame => ({
  ...frame,
  dot,
  scope: { values: new Map(), outer: frame.scope },
})

function walk(nodes: readonly Node[], frame: Frame, write: (text: string) => void): Ended {
  for (const node of nodes) {
    const ended = step(node, frame, write)
    if (ended) return ended
  }
  return undefined
}

function step(node: Node, frame: Frame, write: (text: string) => void): Ended {
  switch (node.kind) {
    case 'text':
      write(node.text)
      return undefined
    case 'print': {
      const value = pipeValue(node.pipe, frame)
      if (node.pipe.variables.length === 0) write(printed(value))
      return undefined
    }
    case 'if':
    case 'with': {
      const within = inner(frame)
      const value = pipeValue(node.pipe, within)
      if (!isTrue(value)) return walk(node.otherwise, inner(frame), write)
      return walk(node.body, node.kind === 'with' ? { ...within, dot: value } : within, write)
    }
    case 'range':
      return range(node, frame, write)
    default:
      return node.kind
  }
}

function range(
  { pipe, body, otherwise }: Extract<Node, { pipe: Pipe; body: unknown }>,
  frame: Frame,
  write: (text: string) => void,
): Ended {
  const entries = entriesOf(pipeValue({ ...pipe, variables: [] }, frame))
  if (entries.length === 0) return walk(otherwise, inner(frame), write)
  for (const [key, element] of entries) {
    const within = inner(frame, element)
    const [first, second] = pipe.variables
    if (first !== undefined) put(first, second === undefined ? element : key, pipe, within)
    if (second !== undefined) put(second, element, pipe, within)
    if (walk(body, within, write) === 'break') break
  }
  return undefined
}

function holder(name: string, scope: Scope | undefined): Map<string, unknown> {
  if (!scope) throw new TemplateError(`undefined variable ${JSON.stringify(name)}`)
  return scope.values.has(name) ? scope.values : holder(name, scope.outer)
}

function put(name: string, value: unknown, { assigns }: Pipe, { scope }: Frame): void {
  const values = assigns ? holder(name, scope) : scope.values
  values.set(name, value)
}

function pipeValue(pipe: Pipe, frame: Frame): unknown {
  const value = pipe.commands.reduce<readonly unknown[]>(
    (last, words) => [commandValue(words, last, frame)],
    [],
  )[0]
  for (const name of pipe.variables) put(name, value, pipe, frame)
  return value
}

/** @param last what the command before it gave: its last argument */
function commandValue([first, ...others]: Words, last: readonly unknown[], frame: Frame): unknown {
  if (first.kind === 'function') return callFunction(first.name, others, last, frame)
  if (first.kind === 'constant' && first.value === null) throw new TemplateError('nil is not a command')
  const value = operandValue(first, frame)
  if (typeof value === 'function')
    return (value as TemplateFunction)(...others.map((one) => operandValue(one, frame)), ...last)
  if (others.length + last.length > 0)
    throw new TemplateError(
      first.kind === 'field'
        ? `${first.name} has arguments but cannot be invoked as function`
        : "can't give argument to non-function",
    )
  return value
}

function callFunction(
  name: string,
  operands: readonly Operand[],
  last: readonly unknown[],
  frame: Frame,
): unknown {
  // These two stop at the first value that decides.
  if (name === 'and' || name === 'or') {
    const values = [...operands.map((one) => () => operandValue(one, frame)), ...last.map((one) => () => one)]
    if (values.length === 0)
      throw new TemplateError(`wrong number of args for ${name}: want at least 1 got 0`)
    let value: unknown
    for (const next of values) {
      value = next()
      if (isTrue(value) === (name === 'or')) break
    }
    return value
  }
  const act = Object.hasOwn(frame.functions, name) ? frame.functions[name] : undefined
  if (!act) throw new TemplateError(`function "${name}" not defined`)
  return act(...operands.map((one) => operandValue(one, frame)), ...last)
}

function operandValue(operand: Operand, frame: Frame): unknown {
  switch (operand.kind) {
    case 'constant':
      return operand.value
    case 'dot':
      return frame.dot
    case 'variable':
      return holder(operand.name, frame.scope).get(operand.name)
    case 'function':
      return callFunction(operand.name, [], [], frame)
    case 'pipe':
      return pipeValue(operand.pipe, inner(frame))
    case 'field': {
      const value = operandValue(operand.of, frame)
      // What a row or an object has is known; a map, as that of options, may lack a key.
      return fieldOf(value, operand.name, value === holder('$', frame.scope).get('$'))
    }
  }
}
