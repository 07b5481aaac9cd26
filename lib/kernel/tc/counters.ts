import { setImmediate } from 'node:timers/promises'
import { LINK_GROUP } from '../../values/names.ts'
import type { Host } from '../host.ts'

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

const countersOf = ({ bytes = 0, packets = 0, drops = 0, backlog = 0 }: Partial<Counters>): Counters => ({
  bytes,
  packets,
  drops,
  backlog,
})

/** A thousand links make a megabyte of JSON: others have their turn between the parts of reading it. */
async function readJson<T>(text: string): Promise<readonly T[]> {
  await setImmediate()
  const list = JSON.parse(text || '[]') as readonly T[]
  await setImmediate()
  return list
}

async function qdiscCounters(host: Host): Promise<Pick<Readings, 'at' | 'qdiscs'>> {
  const text = await host.show('tc', ['-s', '-j', 'qdisc', 'show'])
  const at = Date.now()
  const list = await readJson<QdiscStats>(text)
  return { at, qdiscs: new Map(list.map((one) => [`${one.dev} ${one.handle}`, countersOf(one)])) }
}

async function linkCounters(host: Host): Promise<Readings['links']> {
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

/** Two programs, however many links there are. */
export async function readCounters(host: Host): Promise<Readings> {
  const [read, links] = await Promise.all([qdiscCounters(host), linkCounters(host)])
  return { ...read, links }
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
