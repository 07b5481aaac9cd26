import { nearest } from './nearest.ts'
import { translations } from './words.ts'

/** The option that an unknown key probably means. @param known all options, in the order of their table */
export function suggestKey<T extends string>(written: string, known: readonly T[]): T | undefined {
  const key = written.toLowerCase()
  const isKnown = (name: string): name is T => (known as readonly string[]).includes(name)
  return (
    translations(written).find(isKnown) ??
    // The end of a name that is too long to remember, such as `mtu` or `icc`.
    known.find((name) => key.length > 2 && (name.endsWith(`.${key}`) || name.endsWith(`_${key}`))) ??
    nearest(written, known)
  )
}
