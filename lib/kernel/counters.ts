import { LINK_GROUP } from '../names.ts'
import type { Host } from './host.ts'

/** What has passed one place since it was made. */
export interface Counters {
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  /** bytes that wait */
  readonly backlog: number
}

export const NO_COUNTERS: Counters = { bytes: 0, packets: 0, drops: 0, backlog: 0 }

interface QdiscStats {
  readonly dev?: string
  readonly handle: string
  readonly bytes?: number
  readonly packets?: number
  readonly drops?: number
  readonly backlog?: number
}

interface LinkStats {
  readonly ifname: string
  readonly stats64?: Readonly<
    Record<'rx' | 'tx', { readonly bytes: number; readonly packets: number; readonly dropped: number }>
  >
}

/** All counters at one moment. */
export interface Readings {
  /** ms since 1970 */
  readonly at: number
  /** by device and handle, such as `sv-… 1:` */
  readonly qdiscs: ReadonlyMap<string, Counters>
  /** what arrived at and left our links, by name */
  readonly links: ReadonlyMap<string, { readonly rx: Counters; readonly tx: Counters }>
}

/** Two programs, however many links there are. */
export async function readCounters(host: Host): Promise<Readings> {
  const [qdiscs, links] = await Promise.all([
    host.show('tc', ['-s', '-j', 'qdisc', 'show']),
    host.show('ip', ['-s', '-j', 'link', 'show', 'group', String(LINK_GROUP)]),
  ])
  const counters = ({ bytes = 0, packets = 0, drops = 0, backlog = 0 }: Partial<Counters>): Counters => ({
    bytes,
    packets,
    drops,
    backlog,
  })
  return {
    at: Date.now(),
    qdiscs: new Map(
      (JSON.parse(qdiscs || '[]') as QdiscStats[]).map((one) => [`${one.dev} ${one.handle}`, counters(one)]),
    ),
    links: new Map(
      (JSON.parse(links || '[]') as LinkStats[]).flatMap(({ ifname, stats64 }) =>
        stats64
          ? [
              [
                ifname,
                {
                  rx: counters({ ...stats64.rx, drops: stats64.rx.dropped }),
                  tx: counters({ ...stats64.tx, drops: stats64.tx.dropped }),
                },
              ],
            ]
          : [],
      ),
    ),
  }
}

/** What tc prints of a device, for a person. @returns lines; none where the device is gone */
export async function showTree(host: Host, device: string): Promise<string[]> {
  const parts = await Promise.all(
    [
      ['-s', 'qdisc', 'show', 'dev', device],
      ['-s', 'class', 'show', 'dev', device],
      ['filter', 'show', 'dev', device],
      ['filter', 'show', 'dev', device, 'parent', 'ffff:'],
    ].map((args) => host.show('tc', args).catch(() => '')),
  )
  return parts.flatMap((part) => part.split('\n').filter((line) => line.trim() !== ''))
}
