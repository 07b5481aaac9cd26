import { InvalidRequestError } from './errors.ts'

const RATE = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?(bit|byte)$/
const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmg])i?)?b?$/
const PERCENT = /^(\d{1,3}(?:\.\d{1,9})?)\s*%$/
const DURATION = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m)$/

const DECIMAL: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 }
const BINARY: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }
const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 60e6 }

/** bit/s: the lowest rate. Below it a packet of 1500 bytes takes more than a second. */
export const LEAST_RATE = 8e3
/** bit/s: no cap. Above it HTB's clock runs out of precision. */
export const OPEN = 400e9
export const RATE_RANGE = { least: LEAST_RATE, most: OPEN } as const

/** bytes. The kernel keeps a burst in 32 bits. */
export const SIZE_RANGE = { least: 1, most: 2 ** 31 } as const

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

/**
 * Reads a rate as tc(8) does, but refuses `bps` and bare numbers: tc reads `bps` as bytes and a bare number
 * as bits, and people expect the opposite.
 *
 * @param text such as `10mbit`, `1.5gbit`, `64kibit`, `12mbyte`; in any case
 * @returns bit/s, a whole number from 8 000 (8kbit) to 400 000 000 000 (400gbit)
 * @throws {InvalidRequestError} for anything else; the message lacks the option's name, which the caller
 *   knows
 */
export function parseRate(text: string): number {
  const value = text.trim().toLowerCase()
  const match = RATE.exec(value)
  if (!match)
    throw new InvalidRequestError(
      `expected a rate from 8kbit to 400gbit such as "10mbit" or "12mbyte", got "${short(text)}"`,
    )
  const [, number, prefix, unit] = match
  const scale = prefix ? (prefix.endsWith('i') ? BINARY : DECIMAL)[prefix[0] as string] : 1
  const rate = Math.round(Number(number) * (scale as number) * (unit === 'byte' ? 8 : 1))
  if (rate < RATE_RANGE.least || rate > RATE_RANGE.most)
    throw new InvalidRequestError(`expected a rate from 8kbit to 400gbit, got "${short(text)}"`)
  return rate
}

/**
 * Reads a size as tc(8) does: `kb` and `kib` are both 1024 bytes.
 *
 * @param text such as `64kb`, `1mib`, `15000`
 * @returns bytes, a whole number from 1 to 2^31
 * @throws {InvalidRequestError}
 */
export function parseSize(text: string): number {
  const match = SIZE.exec(text.trim().toLowerCase())
  if (!match)
    throw new InvalidRequestError(`expected a size in bytes such as "64kb" or "1mib", got "${short(text)}"`)
  const size = Math.round(Number(match[1]) * (match[2] ? (BINARY[match[2]] as number) : 1))
  if (size < SIZE_RANGE.least || size > SIZE_RANGE.most)
    throw new InvalidRequestError(`expected a size from 1b to 2gb, got "${short(text)}"`)
  return size
}

/**
 * @param text such as `20ms`, `1.5s`, `300us`, `2m`
 * @returns microseconds, a whole number from 0 to 3 600 000 000 (an hour)
 * @throws {InvalidRequestError}
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim().toLowerCase())
  const duration = match
    ? Math.round(Number(match[1]) * (MICROSECONDS[match[2] as string] as number))
    : Number.NaN
  if (!(duration <= 3.6e9))
    throw new InvalidRequestError(
      `expected a duration such as "20ms" or "1.5s", at most an hour, got "${short(text)}"`,
    )
  return duration
}

/** `parseDuration` with a minimum. @param least microseconds */
export const parseDurationFrom =
  (least: number) =>
  (text: string): number => {
    const duration = parseDuration(text)
    if (duration >= least) return duration
    throw new InvalidRequestError(`expected at least ${formatDuration(least)}, got "${short(text)}"`)
  }

/**
 * @param text such as `0.5%`, `10 %`
 * @returns percent, 0 to 100
 * @throws {InvalidRequestError}
 */
export function parsePercent(text: string): number {
  const match = PERCENT.exec(text.trim())
  const percent = match ? Number(match[1]) : Number.NaN
  if (percent <= 100) return percent
  throw new InvalidRequestError(`expected a percentage from 0% to 100% such as "0.5%", got "${short(text)}"`)
}

/**
 * @param range the allowed values, both ends included
 *
 * @returns a whole number
 * @throws {InvalidRequestError}
 */
export const parseInteger =
  (range: { readonly least: number; readonly most: number }) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN
    if (value >= range.least && value <= range.most) return value
    throw new InvalidRequestError(
      `expected a whole number from ${range.least} to ${range.most}, got "${short(text)}"`,
    )
  }

/** @param words the allowed words, in lower case @throws {InvalidRequestError} */
export const parseWord =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const word = words.find((one) => one === text.trim().toLowerCase())
    if (word !== undefined) return word
    throw new InvalidRequestError(`expected one of ${words.join(', ')}, got "${short(text)}"`)
  }

/**
 * Formats a value in the largest unit that gives at least 1, so that parsing returns exactly the same value.
 */
const format = (units: readonly (readonly [string, number])[], value: number): string => {
  const [unit, scale] = units.find(([, one]) => value >= one) ?? (units.at(-1) as [string, number])
  return `${value / scale}${unit}`
}

/** bit/s as people write it; `parseRate` reads it back. */
export const formatRate = (rate: number): string =>
  format(
    [
      ['gbit', 1e9],
      ['mbit', 1e6],
      ['kbit', 1e3],
    ],
    rate,
  )

/** microseconds as people write them; `parseDuration` reads it back. */
export const formatDuration = (duration: number): string =>
  format(
    [
      ['s', 1e6],
      ['ms', 1e3],
      ['us', 1],
    ],
    duration,
  )

/** Percent as people write it; `parsePercent` reads it back. */
export const formatPercent = (percent: number): string => `${percent.toFixed(9).replace(/\.?0+$/, '')}%`
