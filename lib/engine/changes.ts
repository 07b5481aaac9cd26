import { abilitiesOf } from '../features/shaping/abilities.ts'
import { resolveNetwork } from '../features/shaping/resolve.ts'
import { changeLinks, keepShapes, type Members } from '../features/shaping/shaper.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'
import { checkMembers, checkNetwork, requireAble } from './checks.ts'
import { alone, findEndpoint, findNetwork, type Parts } from './parts.ts'

/** What can change on a network that is there; a shared rate or an uplink that is left out is none. */
export type NetworkPatch = Pick<NetworkSpec, 'options' | 'shared' | 'uplink' | 'given'>
/** What can change on an attachment that is there. */
export type EndpointPatch = Pick<EndpointSpec, 'options' | 'given' | 'asked'>

/** Changes a network under traffic. @throws {InvalidRequestError | CommandError} all is as it was before */
export const changeNetwork = (parts: Parts, id: string, patch: NetworkPatch): Promise<void> =>
  parts.queue(id, () =>
    changeMembers(parts, id, ({ network: { shared: _, uplink: __, ...rest }, endpoints }) => ({
      network: { ...rest, ...patch },
      endpoints,
    })),
  )

/**
 * Changes an attachment under traffic.
 *
 * @throws {InvalidRequestError | CommandError} all is as it was before
 */
export const changeEndpoint = (parts: Parts, id: string, patch: EndpointPatch): Promise<void> =>
  parts.queue(id, async () =>
    changeMembers(parts, findEndpoint(parts, id).networkId, ({ network, endpoints }) => ({
      network,
      endpoints: endpoints.map((one) => (one.id === id ? { ...one, ...patch } : one)),
    })),
  )

/**
 * Leads a network and its members to what `next` makes of them; written first, and back when it fails.
 *
 * @throws {InvalidRequestError | CommandError} all is as it was before
 */
export const changeMembers = (parts: Parts, id: string, next: (now: Members) => Members): Promise<void> =>
  alone(parts, id, async () => {
    const { store, capabilities } = parts
    const able = abilitiesOf(await capabilities())
    const ready = store.endpoints(id).filter(({ spec }) => store.isReady(spec.id))
    const now = { network: findNetwork(parts, id), endpoints: ready.map(({ spec }) => spec) }
    const resolved = ({ network, endpoints }: Members) => resolveNetwork(network, endpoints, able)
    const before = resolved(now)
    const after = keepShapes(resolved(next(keepShapes(before))))
    checkNetwork(after.network)
    checkMembers(after.network, after.endpoints)
    await requireAble(after, capabilities)
    write(parts, after)
    try {
      await changeLinks(parts, before, resolved(after))
    } catch (error) {
      write(parts, now)
      throw error
    }
  })

function write({ store }: Parts, { network, endpoints }: Members): void {
  store.changeNetwork(network)
  store.changeEndpoints(endpoints)
}
