import { type Counters, countersOf, readJson } from '../counters.ts'
import type { Host } from '../host.ts'

interface QdiscStats {
  readonly dev?: string
  readonly handle: string
  readonly bytes?: number
  readonly packets?: number
  readonly drops?: number
  readonly backlog?: number
}

/** The counters of all qdiscs at one moment. */
export interface QdiscCounters {
  /** ms since 1970 */
  readonly at: number
  /** by device and handle, such as `sv-… 1:` */
  readonly qdiscs: ReadonlyMap<string, Counters>
}

export async function qdiscCounters(host: Host): Promise<QdiscCounters> {
  const text = await host.show('tc', ['-s', '-j', 'qdisc', 'show'])
  const at = Date.now()
  const list = await readJson<QdiscStats>(text)
  return { at, qdiscs: new Map(list.map((one) => [`${one.dev} ${one.handle}`, countersOf(one)])) }
}
