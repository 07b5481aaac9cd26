import { abilitiesOf } from '../../../lib/capabilities.ts'
import type { Capabilities } from '../../../lib/kernel/capabilities.ts'
import { readCounters } from '../../../lib/kernel/counters.ts'
import type { Host } from '../../../lib/kernel/host.ts'
import { shown } from '../../../lib/kernel/observe.ts'
import { hostEndName, mediumName } from '../../../lib/names.ts'
import type { EndpointSpec } from '../../../lib/plan/endpoint.ts'
import type { NetworkSpec } from '../../../lib/plan/network.ts'
import type { NetworkStore } from '../../../lib/store/networks.ts'
import type { Network } from '../types.ts'
import { networkView, type Seen } from '../views.ts'
import { createPace } from './pace.ts'
import { createSampler } from './sampler.ts'

interface LookParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly capabilities: () => Promise<Capabilities>
  /** adds what is known of a network besides what the host shows */
  readonly dress: (view: Network) => Network
}

/** ms: who asks for all networks within this time gets what the first one got, unless something was changed meanwhile */
const FRESH = 900

interface Listing {
  readonly text: string
  readonly changes: number
  readonly at: number
}

/** Looks at what the host has of networks. */
export function createLook({ host, store, capabilities, dress }: LookParts) {
  const sample = createSampler(() => readCounters(host))

  const members = (id: string): EndpointSpec[] =>
    store.endpoints(id).flatMap(({ spec, ready }) => (ready ? [spec] : []))

  const look = async (specs: readonly NetworkSpec[]): Promise<Seen> => {
    const mediums = specs.filter(({ id }) => store.hasMedium(id)).map(({ id }) => mediumName(id))
    const redirected = specs.flatMap((spec) => members(spec.id).map(({ id }) => hostEndName(id)))
    const [found, sampled, seen] = await Promise.all([
      capabilities(),
      sample(),
      shown(host, mediums, redirected),
    ])
    return { abilities: abilitiesOf(found), ...sampled, shown: seen }
  }

  const list = async (): Promise<Listing> => {
    const changes = store.changes()
    const specs = store.networks().flatMap(({ spec, ready }) => (ready ? [spec] : []))
    const seen = await look(specs)
    const pace = createPace()
    const texts: string[] = []
    for (const spec of specs) {
      const view = await networkView(spec, members(spec.id), seen, pace)
      texts.push(JSON.stringify(dress(view)))
      await pace()
    }
    return { text: `{"networks":[${texts.join(',')}]}`, changes, at: Date.now() }
  }

  let latest: Listing | undefined
  let running: { readonly listing: Promise<Listing>; readonly changes: number } | undefined

  /** All networks as JSON: one reading for all who ask within a second, and one answer. */
  const listing = async (): Promise<string> => {
    const changes = store.changes()
    const age = latest ? Date.now() - latest.at : Number.POSITIVE_INFINITY
    if (latest?.changes === changes && age >= 0 && age < FRESH) return latest.text
    if (running?.changes !== changes) {
      const begun = { changes, listing: list() }
      running = begun
      const end = (): void => {
        if (running === begun) running = undefined
      }
      begun.listing.then(end, end)
    }
    latest = await (running?.listing ?? list())
    return latest.text
  }

  return { members, look, listing }
}

export type Look = ReturnType<typeof createLook>
