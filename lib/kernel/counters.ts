import { setImmediate } from 'node:timers/promises'

/** What has passed one place since it was made. */
export interface Counters {
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  /** bytes that wait */
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

/** A thousand links make a megabyte of JSON: others have their turn between the parts of reading it. */
export async function readJson<T>(text: string): Promise<readonly T[]> {
  await setImmediate()
  const list = JSON.parse(text || '[]') as readonly T[]
  await setImmediate()
  return list
}
