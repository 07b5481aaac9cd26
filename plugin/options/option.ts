import { parseDuration, parsePercent, parseRate, parseWord } from '../../lib/units.ts'

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
}

export type Options = Readonly<Record<string, Option<unknown>>>

export const LINK: readonly Scope[] = ['network', 'attachment']
export const NETWORK: readonly Scope[] = ['network']

/** Options that are read alike. @param value what is expected of them, for the documents */
export const kind =
  <T>(parse: (text: string) => T, value: string) =>
  (scopes: readonly Scope[], fallback: string, meaning: string): Option<T> => ({
    scopes,
    value,
    default: fallback,
    meaning,
    parse,
  })

export const rate = kind(
  parseRate,
  'bit rate, 8kbit to 400gbit: `10mbit`, `1.5gbit`, `64kibit`; in bytes a second `12mbyte`, `12mibyte`',
)
export const duration = kind(parseDuration, 'duration, at most an hour: `20ms`, `1.5s`, `300us`')
export const percent = kind(parsePercent, 'percent: `0.5%`')
export const oneOf = <T extends string>(words: readonly T[]) =>
  kind(parseWord(words), words.map((word) => `\`${word}\``).join(', '))

/** Defaults of many. */
export const NO_CAP = 'no cap'
export const NONE = 'none'
