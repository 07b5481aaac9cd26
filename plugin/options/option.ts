import { parseDuration, parsePercent, parseRate, parseWord } from '../../lib/values/units.ts'
import { nearest } from './hints/nearest.ts'
import { durationReadings, percentReadings, type Readings, rateReadings } from './hints/readings.ts'

/** What an option may be given to. */
export type Scope = 'network' | 'attachment'

/** One driver option: how it is read, and all that the documents say of it. */
export interface Option<T> {
  readonly scopes: readonly Scope[]
  /** what is expected, for the documents */
  readonly value: string
  readonly default: string
  readonly meaning: string
  /** @throws {InvalidRequestError} without the option's name, which is put before it */
  readonly parse: (text: string) => T
  /** what a refused value may have been meant to be */
  readonly readings: Readings
}

export type Options = Readonly<Record<string, Option<unknown>>>

export const LINK: readonly Scope[] = ['network', 'attachment']
export const NETWORK: readonly Scope[] = ['network']

/** Options that are read alike. @param value what is expected of them, for the documents */
export const kind =
  <T>(parse: (text: string) => T, value: string, readings: Readings = () => []) =>
  (scopes: readonly Scope[], fallback: string, meaning: string): Option<T> => ({
    scopes,
    value,
    default: fallback,
    meaning,
    parse,
    readings,
  })

export const rate = kind(
  parseRate,
  'bit rate, 8kbit to 400gbit: `10mbit`, `1.5gbit`, `64kibit`; in bytes a second `12mbyte`, `12mibyte`',
  rateReadings,
)
export const duration = kind(
  parseDuration,
  'duration, at most an hour: `20ms`, `1.5s`, `300us`',
  durationReadings,
)
export const percent = kind(parsePercent, 'percent: `0.5%`', percentReadings)

/** @param others words that people have for some of them */
export const oneOf = <T extends string>(words: readonly T[], others: Readonly<Record<string, T>> = {}) =>
  kind(parseWord(words), words.map((word) => `\`${word}\``).join(', '), (text) => {
    const word = text.trim().toLowerCase()
    const near = Object.hasOwn(others, word) ? others[word] : nearest(word, words)
    return near === undefined ? [] : [{ text: near }]
  })

/** Defaults of many. */
export const NO_CAP = 'no cap'
export const NONE = 'none'
