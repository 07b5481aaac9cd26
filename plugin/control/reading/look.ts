import { setImmediate } from 'node:timers/promises'
import { abilitiesOf } from '../../../lib/features/shaping/abilities.ts'
import type { Capabilities } from '../../../lib/kernel/capabilities.ts'
import type { Host } from '../../../lib/kernel/host.ts'
import { readCounters } from '../../../lib/kernel/readings.ts'
import { shown } from '../../../lib/kernel/tc/show.ts'
import type { EndpointSpec } from '../../../lib/model/endpoint.ts'
import type { NetworkSpec } from '../../../lib/model/network.ts'
import type { NetworkStore } from '../../../lib/store/networks.ts'
import { hostEndName, mediumName } from '../../../lib/values/names.ts'
import type { Endpoint, Network } from '../schema/components.ts'
import type { Naming } from '../view/naming.ts'
import { networkView, type Seen } from '../view/views.ts'
import { createPace } from './pace.ts'
import { createSampler } from './sampler.ts'

interface LookParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly capabilities: () => Promise<Capabilities>
  readonly naming: Naming
}

/** ms for which a listing of all networks is reused, unless something changes meanwhile */
const FRESH = 900

interface Listing {
  /** JSON */
  readonly bytes: Buffer
  readonly changes: number
  readonly at: number
}

/** Reads the state of networks on the host. */
export function createLook({ host, store, capabilities, naming }: LookParts) {
  const sample = createSampler(() => readCounters(host))

  const members = (id: string): EndpointSpec[] =>
    store.endpoints(id).flatMap(({ spec, ready }) => (ready ? [spec] : []))

  const abilities = async () => abilitiesOf(await capabilities())

  const look = async (specs: readonly NetworkSpec[]): Promise<Seen> => {
    const mediums = specs.filter(({ id }) => store.hasMedium(id)).map(({ id }) => mediumName(id))
    const redirected = specs.flatMap((spec) => members(spec.id).map(({ id }) => hostEndName(id)))
    const [able, sampled, seen] = await Promise.all([abilities(), sample(), shown(host, mediums, redirected)])
    return { abilities: able, ...sampled, shown: seen }
  }

  /** A network's view, with the engine's names. */
  const view = async (spec: NetworkSpec, seen: Seen, pace = createPace()): Promise<Network> => {
    const bare = await networkView(spec, members(spec.id), seen, pace)
    const endpoints: Endpoint[] = []
    for (const endpoint of bare.endpoints) {
      endpoints.push(naming.endpoint(endpoint))
      await pace()
    }
    return { ...naming.network(bare), endpoints }
  }

  const list = async (): Promise<Listing> => {
    const changes = store.changes()
    const specs = store.networks().flatMap(({ spec, ready }) => (ready ? [spec] : []))
    const seen = await look(specs)
    const pace = createPace()
    const texts: string[] = []
    for (const spec of specs) {
      texts.push(JSON.stringify(await view(spec, seen, pace)))
      await pace()
    }
    return { bytes: Buffer.from(`{"networks":[${texts.join(',')}]}`), changes, at: Date.now() }
  }

  let latest: Listing | undefined
  let running: { readonly listing: Promise<Listing>; readonly changes: number } | undefined

  let turns: Promise<unknown> = Promise.resolve()
  /** Answers one after the other: two hundred at once would delay everything else. */
  const turn = (): Promise<unknown> => {
    turns = turns.then(() => setImmediate())
    return turns
  }

  /** All networks as JSON. Requests within a second share one reading and one answer. */
  const listing = async (): Promise<Buffer> => {
    const changes = store.changes()
    const age = latest ? Date.now() - latest.at : Number.POSITIVE_INFINITY
    if (latest?.changes === changes && age >= 0 && age < FRESH) return latest.bytes
    if (running?.changes !== changes) {
      const begun = { changes, listing: list() }
      running = begun
      const end = (): void => {
        if (running === begun) running = undefined
      }
      begun.listing.then(end, end)
    }
    latest = await (running?.listing ?? list())
    const { bytes } = latest
    await turn()
    return bytes
  }

  return { abilities, members, look, view, listing }
}

export type Look = ReturnType<typeof createLook>
