import type { Host } from './host.ts'
import { type LinkCounters, linkCounters } from './ip/counters.ts'
import { type QdiscCounters, qdiscCounters } from './tc/counters.ts'

/** All counters at one moment. */
export interface Readings extends QdiscCounters {
  readonly links: LinkCounters
}

/** Runs two programs, however many links there are. */
export async function readCounters(host: Host): Promise<Readings> {
  const [read, links] = await Promise.all([qdiscCounters(host), linkCounters(host)])
  return { ...read, links }
}
