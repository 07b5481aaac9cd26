/** ms for which a refusal shows */
const SHOWN = 600_000

/** Refusals that nobody may have read: the engine makes some networks long after the user's command has ended. */
export interface Refusals {
  add(text: string): void
  /** Those of the last ten minutes, each once. */
  faults(): string[]
}

export function createRefusals(now: () => number = Date.now): Refusals {
  const all = new Map<string, number>()
  return {
    add: (text) => void all.set(text, now()),
    faults: () => {
      for (const [text, at] of all) if (now() - at > SHOWN) all.delete(text)
      return [...all.keys()]
    },
  }
}
