import type { Finding } from '../../lib/model/finding.ts'

/** ms for which a refusal is listed */
const SHOWN = 600_000

/**
 * Refusals that the user may not have seen: the engine creates some networks long after the user's command
 * has ended.
 */
export interface Refusals {
  add(text: string): void
  /** Those of the last ten minutes, each once. */
  faults(): Finding[]
}

interface Refused {
  readonly first: number
  readonly last: number
}

export function createRefusals(now: () => number = Date.now): Refusals {
  const all = new Map<string, Refused>()
  return {
    add: (text) => void all.set(text, { first: all.get(text)?.first ?? now(), last: now() }),
    faults: () => {
      for (const [text, { last }] of all) if (now() - last > SHOWN) all.delete(text)
      return [...all].map(([fault, { first }]) => ({
        feature: 'refusals',
        object: 'request',
        fault,
        severity: 'warning',
        repaired: false,
        since: first,
      }))
    },
  }
}
