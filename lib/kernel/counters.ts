import { setImmediate } from 'node:timers/promises'

/** The traffic that has passed a device or a qdisc since its creation. */
export interface Counters {
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  /** bytes queued now */
  readonly backlog: number
}

export const NO_COUNTERS: Counters = { bytes: 0, packets: 0, drops: 0, backlog: 0 }

export const countersOf = ({
  bytes = 0,
  packets = 0,
  drops = 0,
  backlog = 0,
}: Partial<Counters>): Counters => ({
  bytes,
  packets,
  drops,
  backlog,
})

/** A thousand links make a megabyte of JSON, so we let other work run before and after parsing it. */
export async function readJson<T>(text: string): Promise<readonly T[]> {
  await setImmediate()
  const list = JSON.parse(text || '[]') as readonly T[]
  await setImmediate()
  return list
}
