import { METRICS, type Sample } from '../../lib/model/metric.ts'

type Result = 'ok' | 'refused' | 'failed'

/** series that callers can cause */
const MOST = 200

/** Counts driver calls by their end. */
export class Calls {
  readonly #counts = new Map<string, { readonly labels: Sample['labels'] & object; count: number }>()

  called(path: string, result: Result): void {
    const call = path.replace(/[^\w./]/g, '_').slice(0, 80)
    const key = `${call} ${result}`
    const known = this.#counts.get(key)
    if (known) known.count += 1
    // Unknown paths are a caller's to choose: they must not grow the series without end.
    else if (this.#counts.size < MOST) this.#counts.set(key, { labels: { call, result }, count: 1 })
  }

  samples(): Sample[] {
    return [...this.#counts.values()].map(({ labels, count }) => ({
      metric: METRICS.calls,
      labels,
      value: count,
    }))
  }
}
