import { TemplateError } from './lex.ts'
import { sprintf } from './printf.ts'
import { formatValue, indexOf, isMap, isTrue, typeName } from './values.ts'

export type TemplateFunction = (...values: readonly unknown[]) => unknown

/** @throws {TemplateError} in text/template's words */
function need(name: string, values: readonly unknown[], types: readonly string[]): void {
  if (values.length !== types.length)
    throw new TemplateError(`wrong number of args for ${name}: want ${types.length} got ${values.length}`)
  for (const [index, type] of types.entries())
    if (type !== 'any' && typeName(values[index]) !== type)
      throw new TemplateError(
        `error calling ${name}: wrong type for value; expected ${type}; got ${typeName(values[index])}`,
      )
}

const typed =
  (name: string, types: readonly string[], act: TemplateFunction): TemplateFunction =>
  (...values) => {
    need(name, values, types)
    return act(...values)
  }

const texts = (values: unknown): string[] => (Array.isArray(values) ? values.map(formatValue) : [])

/** As Go's encoding/json writes it: the keys of a map in their order. */
const toJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, one: unknown) =>
    isMap(one) ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1))) : one,
  ).replaceAll(/[\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`)

/** Cuts in bytes, as Docker's does, but never inside a character. */
function truncate(text: string, length: number): string {
  if (length < 0) throw new TemplateError(`error calling truncate: length ${length} is negative`)
  const bytes = Buffer.from(text)
  if (bytes.length <= length) return text
  return bytes
    .subarray(0, Math.max(0, length))
    .toString()
    .replace(/\ufffd+$/, '')
}

/**
 * Docker's own.
 *
 * @see https://github.com/docker/cli/blob/master/templates/templates.go
 */
const DOCKERS: Readonly<Record<string, TemplateFunction>> = {
  json: typed('json', ['any'], toJson),
  split: typed('split', ['string', 'string'], (text, by) => String(text).split(String(by))),
  join: typed('join', ['slice', 'string'], (list, by) => texts(list).join(String(by))),
  title: typed('title', ['string'], (text) =>
    String(text).replace(/(?<![\p{L}\p{N}_])\p{L}/gu, (first) => first.toUpperCase()),
  ),
  lower: typed('lower', ['string'], (text) => String(text).toLowerCase()),
  upper: typed('upper', ['string'], (text) => String(text).toUpperCase()),
  pad: typed('pad', ['string', 'int', 'int'], (text, before, after) =>
    text === '' ? '' : ' '.repeat(Number(before)) + String(text) + ' '.repeat(Number(after)),
  ),
  truncate: typed('truncate', ['string', 'int'], (text, length) => truncate(String(text), Number(length))),
}

/** Between two that are no strings stands a space, as in Go's Sprint. */
const sprint = (values: readonly unknown[]): string =>
  values.reduce<string>((text, value, index) => {
    const apart = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string'
    return `${text}${apart ? ' ' : ''}${formatValue(value)}`
  }, '')

function length(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (isMap(value)) return Object.keys(value).length
  throw new TemplateError(`error calling len: len of type ${typeName(value)}`)
}

function slice(value: unknown, from: unknown = 0, to?: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value))
    throw new TemplateError(`error calling slice: can't slice item of type ${typeName(value)}`)
  const list = typeof value === 'string' ? Buffer.from(value) : value
  const [start, end] = [Number(from), Number(to ?? list.length)]
  if (!(start >= 0 && start <= end && end <= list.length))
    throw new TemplateError(`error calling slice: index out of range: ${end > list.length ? end : start}`)
  const part = list.slice(start, end)
  return Buffer.isBuffer(part) ? part.toString() : part
}

/** JSON, where numbers come from, has one kind of them. */
const basic = (value: unknown): string => (typeof value === 'number' ? 'number' : typeName(value))

/** @throws {TemplateError} */
function compare(name: string, a: unknown, b: unknown): number {
  const [one, other] = [basic(a), basic(b)]
  if (one !== other) throw new TemplateError(`error calling ${name}: incompatible types for comparison`)
  if (one === 'string') return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
  if (one !== 'number') throw new TemplateError(`error calling ${name}: invalid type for comparison`)
  return Number(a) - Number(b)
}

function same(a: unknown, b: unknown): boolean {
  const [one, other] = [basic(a), basic(b)]
  if (one === 'nil' || other === 'nil') return one === other
  if ([one, other].some((type) => type === 'map' || type === 'slice'))
    throw new TemplateError('error calling eq: non-comparable type')
  if (one !== other) throw new TemplateError('error calling eq: incompatible types for comparison')
  return a === b
}

const ordered = (name: string, fits: (order: number) => boolean): TemplateFunction =>
  typed(name, ['any', 'any'], (a, b) => fits(compare(name, a, b)))

/**
 * Those of Go's text/template; `and` and `or`, which need not look at all they are given, are evaluate.ts's.
 *
 * @see https://pkg.go.dev/text/template#hdr-Functions
 */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ...DOCKERS,
  not: typed('not', ['any'], (value) => !isTrue(value)),
  len: typed('len', ['any'], length),
  index: (value, ...keys) => keys.reduce(indexOf, value),
  slice,
  print: (...values) => sprint(values),
  println: (...values) => `${values.map(formatValue).join(' ')}\n`,
  printf: (format, ...values) => {
    need('printf', [format], ['string'])
    return sprintf(String(format), values)
  },
  eq: (first, ...others) => {
    if (others.length === 0) throw new TemplateError('error calling eq: missing argument for comparison')
    return others.some((one) => same(first, one))
  },
  ne: typed('ne', ['any', 'any'], (a, b) => !same(a, b)),
  lt: ordered('lt', (order) => order < 0),
  le: ordered('le', (order) => order <= 0),
  gt: ordered('gt', (order) => order > 0),
  ge: ordered('ge', (order) => order >= 0),
}

/** What a table's headers are put through: they stay as they are. @see docker/cli HeaderFunctions */
export const HEADER_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ...FUNCTIONS,
  ...Object.fromEntries(Object.keys(DOCKERS).map((name) => [name, (text: unknown) => text])),
}
