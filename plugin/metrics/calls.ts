import { METRICS, type Sample } from '../../lib/model/metric.ts'

type Result = 'ok' | 'refused' | 'failed'

/** most series that callers can create */
const MOST = 200

/** Counts driver calls by result. */
export class Calls {
  readonly #counts = new Map<string, { readonly labels: Sample['labels'] & object; count: number }>()

  called(path: string, result: Result): void {
    const call = path.replace(/[^\w./]/g, '_').slice(0, 80)
    const key = `${call} ${result}`
    const known = this.#counts.get(key)
    if (known) known.count += 1
    // A caller can send any path: unknown paths must not add series without end.
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
