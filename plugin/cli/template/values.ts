import { TemplateError } from './lex.ts'

/** A map, as Go prints it: its keys in order. */
export type Fields = Readonly<Record<string, unknown>>

export const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNone = (value: unknown): boolean => value === undefined || value === null

/** Go's truth: not the empty value of its type. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isMap(value)) return Object.keys(value).length > 0
  return Boolean(value)
}

/** As `%v` of Go prints it, inside of others too. */
export function formatValue(value: unknown): string {
  if (isNone(value)) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(formatValue).join(' ')}]`
  if (isMap(value))
    return `map[${Object.keys(value)
      .toSorted()
      .map((key) => `${key}:${formatValue(value[key])}`)
      .join(' ')}]`
  return String(value)
}

/** What an action prints. */
export const printed = (value: unknown): string => (isNone(value) ? '<no value>' : formatValue(value))

export const typeName = (value: unknown): string => {
  if (isNone(value)) return 'nil'
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  return isMap(value) ? 'map' : typeof value === 'boolean' ? 'bool' : typeof value
}

/**
 * @param strict a missing field is an error, and not `<no value>`
 * @throws {TemplateError} the map has no such field, or it is no map
 */
export function fieldOf(value: unknown, name: string, strict: boolean): unknown {
  if (isNone(value)) throw new TemplateError(`nil data; no entry for key "${name}"`)
  if (!isMap(value)) throw new TemplateError(`can't evaluate field ${name} in type ${typeName(value)}`)
  if (Object.hasOwn(value, name)) return value[name]
  if (!strict) return undefined
  throw new TemplateError(
    `can't evaluate field ${name}: expected one of ${Object.keys(value).toSorted().join(', ')}`,
  )
}

/** @throws {TemplateError} */
export function indexOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value) || typeof value === 'string') {
    const bytes = typeof value === 'string' ? [...Buffer.from(value)] : value
    if (typeof key !== 'number' || !Number.isInteger(key))
      throw new TemplateError(`cannot index slice/array with type ${typeName(key)}`)
    if (key < 0 || key >= bytes.length) throw new TemplateError(`index out of range: ${key}`)
    return bytes[key]
  }
  if (isMap(value)) {
    if (typeof key !== 'string') throw new TemplateError(`value has type ${typeName(key)}; should be string`)
    return Object.hasOwn(value, key) ? value[key] : undefined
  }
  throw new TemplateError(
    isNone(value) ? 'index of untyped nil' : `can't index item of type ${typeName(value)}`,
  )
}

/** What `range` goes over: index or key, and element. @throws {TemplateError} */
export function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (isNone(value)) return []
  if (Array.isArray(value)) return [...value.entries()]
  if (isMap(value))
    return Object.keys(value)
      .toSorted()
      .map((key) => [key, value[key]])
  if (typeof value === 'number' && Number.isInteger(value))
    return Array.from({ length: Math.max(0, Math.min(value, 100_000)) }, (_, index) => [index, index])
  throw new TemplateError(`range can't iterate over ${formatValue(value)}`)
}
