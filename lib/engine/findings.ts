import { FEATURES, type Feature, type Finding } from '../model/finding.ts'

/** A finding that is not repaired, and when it was first found (ms since 1970). */
export interface Standing extends Finding {
  readonly since: number
}

interface FindingsParts {
  /** Called for each repair, and for each other finding when it is new. */
  readonly found?: (finding: Finding) => void
  /** Called when a finding that was not repaired is gone. */
  readonly gone?: (finding: Standing) => void
  /** ms since 1970 */
  readonly now?: () => number
}

/**
 * The current faults, and the number of repairs since the start. The log, the health and the metrics all read
 * them here.
 */
export class Findings {
  /** by check, then by keyOf() */
  readonly #standing = new Map<string, ReadonlyMap<string, Standing>>()
  readonly #repairs = new Map<Feature, number>(FEATURES.map((feature) => [feature, 0]))
  readonly #sources: (() => readonly Finding[])[] = []
  readonly #parts: FindingsParts

  constructor(parts: FindingsParts = {}) {
    this.#parts = parts
  }

  /** Replaces the check's previous findings. A finding that is found again keeps its `since`. */
  report(check: string, findings: readonly Finding[]): void {
    const { found, gone, now = Date.now } = this.#parts
    const before = this.#standing.get(check) ?? new Map<string, Standing>()
    const after = new Map<string, Standing>()
    for (const finding of findings) {
      const key = keyOf(finding)
      const known = before.get(key)
      if (finding.repaired) this.#repairs.set(finding.feature, this.repairsOf(finding.feature) + 1)
      else after.set(key, { ...finding, since: finding.since ?? known?.since ?? now() })
      if (finding.repaired || !known) found?.(finding)
    }
    this.#standing.set(check, after)
    for (const [key, finding] of before) if (!after.has(key)) gone?.(finding)
  }

  /** Adds a source that keeps and logs findings of its own. standing() calls it each time. */
  follow(source: () => readonly Finding[]): void {
    this.#sources.push(source)
  }

  /** All findings that are not repaired, in the order in which checks first reported. */
  standing(): Standing[] {
    const own = [...this.#standing.values()].flatMap((findings) => [...findings.values()])
    const { now = Date.now } = this.#parts
    const others = this.#sources.flatMap((source) => [...source()])
    return [...own, ...others.map((finding) => ({ ...finding, since: finding.since ?? now() }))]
  }

  repairsOf(feature: Feature): number {
    return this.#repairs.get(feature) ?? 0
  }

  /** Repairs of all features since the start. */
  repairs(): number {
    return this.#repairs.values().reduce((sum, count) => sum + count, 0)
  }
}

const keyOf = ({ feature, object, fault }: Finding): string => JSON.stringify([feature, object, fault])
