import { abilitiesOf, lacking } from '../features/shaping/abilities.ts'
import { linkOptions } from '../features/shaping/endpoint.ts'
import { linkFault } from '../features/shaping/link.ts'
import { keepShapes, type Members, type Shaper } from '../features/shaping/shaper.ts'
import { sharesFault } from '../features/shaping/shares.ts'
import type { Capabilities } from '../kernel/capabilities.ts'
import type { LinkOptions } from '../model/link.ts'
import type { NetworkSpec } from '../model/network.ts'
import type { NetworkStore } from '../store/networks.ts'
import { OptionError, UnsupportedError } from '../values/errors.ts'
import { mediumName } from '../values/names.ts'
import type { Queue } from '../values/queue.ts'

/** Changes networks and attachments that are there, under traffic. */
export interface Changes {
  /**
   * Leads a network and its members to what `describe` makes of them; written first, and back when it fails.
   *
   * @throws {InvalidRequestError | CommandError} all is as it was before
   */
  members(networkId: string, describe: (now: Members) => Members): Promise<void>
  /** Refuses options that this kernel or its tools cannot carry out. @throws {UnsupportedError} */
  require(...options: readonly (LinkOptions | undefined)[]): Promise<void>
}

export interface ChangesParts {
  readonly store: NetworkStore
  readonly shaper: Shaper
  readonly queue: Queue
  readonly capabilities: () => Promise<Capabilities>
  /** @throws {NotFoundError} */
  readonly find: (networkId: string) => NetworkSpec
}

export function createChanges({ store, shaper, queue, capabilities, find }: ChangesParts): Changes {
  const write = ({ network, endpoints }: Members): void => {
    store.changeNetwork(network)
    store.changeEndpoints(endpoints)
  }

  const require = async (...all: readonly (LinkOptions | undefined)[]): Promise<void> => {
    for (const options of all) {
      if (!options || Object.keys(options).length === 0) continue
      const lack = lacking(options, await capabilities())
      if (lack) throw new UnsupportedError(...lack)
    }
  }
  const requireAll = ({ network: spec, endpoints }: Members): Promise<void> =>
    require(spec.options, spec.uplink, ...endpoints.map(({ options }) => options))

  return {
    require,
    members: (id, describe) =>
      queue(mediumName(id), async () => {
        const able = abilitiesOf(await capabilities())
        const ready = store.endpoints(id).filter(({ spec }) => store.isReady(spec.id))
        const now = { network: find(id), endpoints: ready.map(({ spec }) => spec) }
        const marked = keepShapes(now, able)
        const after = keepShapes(describe(marked), able)
        checkMembers(after)
        await requireAll(after)
        write(after)
        try {
          await shaper.change(now, after)
        } catch (error) {
          write(now)
          throw error
        }
      }),
  }
}

/** Checks what no member can check alone. @throws {OptionError} */
export function checkMembers({ network, endpoints }: Members): void {
  const claims = endpoints.map((one) => ({ id: one.id, options: linkOptions(network, one) }))
  for (const { options } of claims) {
    const fault = linkFault(options, network)
    if (fault) throw new OptionError(...fault)
  }
  if (network.shared === undefined) return
  const fault = sharesFault(
    network.shared,
    claims.map(({ id, options: { min } }) => ({ id, min })),
  )
  if (fault) throw new OptionError('min', fault)
}
