import { LINK_GROUP } from '../../values/names.ts'
import { type Counters, countersOf, readJson } from '../counters.ts'
import type { Host } from '../host.ts'

interface LinkStats {
  readonly ifname: string
  readonly stats64?: Readonly<
    Record<'rx' | 'tx', { readonly bytes: number; readonly packets: number; readonly dropped: number }>
  >
}

/** Received and sent traffic of our links, by name. */
export type LinkCounters = ReadonlyMap<string, { readonly rx: Counters; readonly tx: Counters }>

export async function linkCounters(host: Host): Promise<LinkCounters> {
  const ours = ['-s', '-j', 'link', 'show', 'group', String(LINK_GROUP)]
  const list = await readJson<LinkStats>(await host.show('ip', ours))
  return new Map(
    list.flatMap(({ ifname, stats64 }) => {
      if (!stats64) return []
      const { rx, tx } = stats64
      return [
        [
          ifname,
          {
            rx: countersOf({ ...rx, drops: rx.dropped }),
            tx: countersOf({ ...tx, drops: tx.dropped }),
          },
        ],
      ]
    }),
  )
}
