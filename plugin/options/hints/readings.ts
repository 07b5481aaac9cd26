import { formatRate } from '../../../lib/values/units.ts'

/*
 * What the user may have meant by a refused value. These are guesses: a caller that suggests one first checks
 * that the option's own parser accepts it.
 */

/** One way to read a value. */
export interface Reading {
  readonly text: string
  /** what the value then means, if it can be read in several ways */
  readonly meaning?: string
}

export type Readings = (text: string) => readonly Reading[]

const NUMBER = String.raw`(\d+(?:\.\d+)?|\.\d+)`
/** Reads a comma as a decimal point, as much of the world does, and drops spaces and underscores. */
const tidy = (text: string): string =>
  text
    .slice(0, 40)
    .trim()
    .toLowerCase()
    .replace(/^\+|[\s_]/g, '')
    .replace(/^(\d+),(\d+)/, '$1.$2')
const match = (text: string, form: string): readonly (string | undefined)[] =>
  new RegExp(`^${NUMBER}${form}$`).exec(tidy(text))?.slice(1) ?? []
const plain = (number: string): string => number.replace(/^\./, '0.')

const PREFIXES: Readonly<Record<string, string>> = { kilo: 'k', mega: 'm', giga: 'g', tera: 't' }

/**
 * tc reads a bare number as bits a second, which people seldom mean. `b` and units in `bps` are as unclear:
 * they get two readings, bits and bytes.
 */
export const rateReadings: Readings = (text) => {
  const form = '(k|m|g|t|kilo|mega|giga|tera)?(i|bi)?(bit|byte|b)?s?(ps|/s|/sec|/second|persecond)?'
  const [number, prefix = '', binary, unit = 'b', second] = match(text, form)
  if (number === undefined) return []
  const isBare = prefix === '' && unit === 'b' && second === undefined
  // Other tools take a number this large as bits a second: 10000000.
  const [bits = ''] = isBare && Number(number) >= 8000 ? [formatRate(Number(number))] : []
  const scale = isBare ? 'm' : `${PREFIXES[prefix] ?? prefix}${binary ? 'i' : ''}`
  const begun = bits ? bits.slice(0, -'bit'.length) : `${plain(number)}${scale}`
  const bit = { text: `${begun}bit`, meaning: 'bits a second' }
  const byte = { text: `${begun}byte`, meaning: 'bytes a second' }
  const isSaid = unit !== 'b' && second !== 'ps'
  return isSaid ? [unit === 'bit' ? bit : byte] : [bit, byte]
}

const TIMES: readonly (readonly [string, string])[] = [
  ['ms', 'ms|msecs?|millis|milliseconds?'],
  ['us', 'us|µs|μs|usecs?|micros|microseconds?'],
  ['s', 's|secs?|seconds?'],
  ['m', 'min|mins|minutes?'],
]

/** A bare number is milliseconds: other tools read it so, and people type it without thinking. */
export const durationReadings: Readings = (text) => {
  const [number, unit = 'ms'] = match(text, '(\\p{L}+)?'.replace('\\p{L}', '[a-zµμ]'))
  if (number === undefined) return []
  if (/^(h|hr|hrs|hours?)$/.test(unit)) return [{ text: `${Number(number) * 60}m` }]
  if (/^(ns|nsecs?|nanoseconds?)$/.test(unit)) return [{ text: `${Number(number) / 1000}us` }]
  const [own] = TIMES.find(([, words]) => new RegExp(`^(${words})$`).test(unit)) ?? []
  return own ? [{ text: `${plain(number)}${own}` }] : []
}

/** A bare number below 1 may also be a fraction of 1. */
export const percentReadings: Readings = (text) => {
  const [number, unit] = match(text, '(%|percent|pct|per ?cent)?')
  if (number === undefined) return []
  const percent = { text: `${plain(number)}%` }
  const isPart = unit === undefined && Number(number) > 0 && Number(number) < 1
  if (!isPart) return [percent]
  const whole = { text: `${Number((Number(number) * 100).toFixed(9))}%` }
  return [
    { ...percent, meaning: `${percent.text.slice(0, -1)} of a hundred` },
    { ...whole, meaning: `${number} of one` },
  ]
}

export const sizeReadings: Readings = (text) => {
  const [number, prefix = '', , unit] = match(text, '(k|m|g|kilo|mega|giga)?(i|bi)?(bit|byte|b)?s?')
  if (number === undefined) return []
  const scale = PREFIXES[prefix] ?? prefix
  if (unit !== 'bit') return [{ text: `${plain(number)}${scale}b` }]
  return [{ text: `${plain(String(Number(number) / 8))}${scale}b` }]
}

export const booleanReadings: Readings = (text) => {
  const word = tidy(text)
  if (/^(yes|y|on|enabled?)$/.test(word)) return [{ text: 'true' }]
  return /^(no|n|off|disabled?|none)$/.test(word) ? [{ text: 'false' }] : []
}

/** Reads tc's form, such as `gemodel 1% 10%`. */
export const modelReadings: Readings = (text) => [
  {
    text: text
      .trim()
      .toLowerCase()
      .slice(0, 80)
      .replace(/^ge(?=[\s:,])/, 'gemodel')
      .replace(/[\s,:]+/g, ':'),
  },
]
