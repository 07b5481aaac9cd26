import { formatValue, isMap, typeName } from './values.ts'

const VERB = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([a-zA-Z%])/g

interface Spec {
  readonly flags: string
  readonly width: number
  /** -1: none was given */
  readonly precision: number
  readonly verb: string
}

/**
 * Go's Sprintf for what templates have: strings, numbers, truth, lists and maps.
 *
 * @see https://pkg.go.dev/fmt
 */
export function sprintf(format: string, values: readonly unknown[]): string {
  const left = [...values]
  const text = format.replace(VERB, (whole, flags: string, width = '0', precision, verb: string) => {
    if (verb === '%') return '%'
    const spec = {
      flags,
      width: width === '*' ? Number(left.shift()) : Number(width),
      precision: precision === '*' ? Number(left.shift()) : whole.includes('.') ? Number(precision ?? 0) : -1,
      verb,
    }
    if (left.length === 0) return `%!${verb}(MISSING)`
    return pad(formatOne(left.shift(), spec), spec)
  })
  if (left.length === 0) return text
  return `${text}%!(EXTRA ${left.map((value) => `${typeName(value)}=${formatValue(value)}`).join(', ')})`
}

function pad(text: string, { flags, width }: Spec): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  return sign + digits.padStart(width - sign.length, '0')
}

const bad = (verb: string, value: unknown): string =>
  value === undefined || value === null
    ? `%!${verb}(<nil>)`
    : `%!${verb}(${typeName(value)}=${formatValue(value)})`

const cut = (text: string, precision: number): string =>
  precision < 0 ? text : [...text].slice(0, precision).join('')

function formatOne(value: unknown, spec: Spec): string {
  const { verb, precision } = spec
  if (Array.isArray(value)) return `[${value.map((one) => formatOne(one, spec)).join(' ')}]`
  if (verb === 'v') return typeof value === 'string' ? cut(value, precision) : formatValue(value)
  if (verb === 'T') return typeName(value)
  if (isMap(value) || value === undefined || value === null)
    return verb === 's' ? formatValue(value).replace(/^<nil>$/, '%!s(<nil>)') : bad(verb, value)
  if (typeof value === 'string') return formatString(value, spec)
  if (typeof value === 'boolean') return verb === 't' ? String(value) : bad(verb, value)
  return formatNumber(Number(value), spec)
}

function formatString(value: string, { verb, precision }: Spec): string {
  switch (verb) {
    case 's':
      return cut(value, precision)
    case 'q':
      return JSON.stringify(cut(value, precision))
    case 'x':
      return Buffer.from(value).toString('hex')
    case 'X':
      return Buffer.from(value).toString('hex').toUpperCase()
    default:
      return bad(verb, value)
  }
}

function formatNumber(value: number, { flags, verb, precision }: Spec): string {
  const sign = flags.includes('+') && value >= 0 ? '+' : ''
  const whole = Number.isInteger(value)
  if (whole && 'dxXobc'.includes(verb)) {
    if (verb === 'c') return String.fromCodePoint(value)
    const radix = { d: 10, x: 16, X: 16, o: 8, b: 2 }[verb]
    if (radix === undefined) return bad(verb, value)
    const digits = value.toString(radix)
    return sign + (verb === 'X' ? digits.toUpperCase() : digits)
  }
  if (!'feEgG'.includes(verb)) return bad(verb, value)
  if (verb === 'f') return sign + value.toFixed(precision < 0 ? 6 : precision)
  const text = 'eE'.includes(verb) ? value.toExponential(precision < 0 ? 6 : precision) : String(value)
  const exponent = text.replace(/e([+-])(\d)$/, 'e$10$2')
  return sign + (verb === verb.toUpperCase() ? exponent.toUpperCase() : exponent)
}
