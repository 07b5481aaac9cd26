import type { Options, Scope } from './option.ts'
import { DOCKER_OPTIONS } from './rows/docker.ts'
import { LINK_OPTIONS } from './rows/link.ts'
import { NETWORK_OPTIONS } from './rows/network.ts'

/**
 * Every option there is. What is not here is refused; the documents are generated from here.
 * Keys are read without regard to case.
 */
export const OPTIONS = { ...LINK_OPTIONS, ...NETWORK_OPTIONS, ...DOCKER_OPTIONS } as const satisfies Options

export type OptionName = keyof typeof OPTIONS

/** Other names of options. */
const SHORT: Readonly<Record<string, OptionName>> = {
  'uplink.up': 'uplink.rate.up',
  'uplink.down': 'uplink.rate.down',
}

/** A key as the table has it: in lower case, and by its full name. */
export const fullName = (written: string): string => {
  const key = written.toLowerCase()
  return SHORT[key] ?? key
}

/** Values by the names of their options. */
export type Parsed = { -readonly [K in OptionName]?: NonNullable<ReturnType<(typeof OPTIONS)[K]['parse']>> }

export const isOption = (key: string): key is OptionName => Object.hasOwn(OPTIONS, key)

/** Options that can change while what they were given to lives: ours, not those with Docker's names. */
export const isLive = (key: string): boolean => isOption(key) && !key.startsWith('com.docker.')

export const isGivenTo = (scope: Scope, key: OptionName): boolean => OPTIONS[key].scopes.includes(scope)

/** The keys that may be given there, in the order of the table. */
export const optionNames = (scope: Scope): OptionName[] =>
  (Object.keys(OPTIONS) as OptionName[]).filter((key) => isGivenTo(scope, key))
