import { isLive, OPTIONS } from '../options/table.ts'
import type { Sections } from './call.ts'

/** What `set` and `unset` may change, with values and meaning: the table of options, for a person. */
export function keySections(): Sections {
  const live = Object.entries(OPTIONS).filter(([key]) => isLive(key))
  const rows = (isWanted: (scopes: readonly string[]) => boolean) =>
    live
      .filter(([, { scopes }]) => isWanted(scopes))
      .map(([key, { value, meaning }]) => [key, `${meaning}: ${value}`.replaceAll('`', '')] as const)
  return {
    'Keys of a network, and of one container on it': rows((scopes) => scopes.includes('attachment')),
    'Keys of a network alone': rows((scopes) => !scopes.includes('attachment')),
  }
}
