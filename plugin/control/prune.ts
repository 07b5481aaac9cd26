import type { Networks } from '../../lib/engine/networks.ts'
import type { Host } from '../../lib/kernel/host.ts'
import { surroundings } from '../../lib/kernel/ip/surroundings.ts'
import type { NameStore } from '../../lib/store/names.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import type { PoolStore } from '../../lib/store/pools.ts'
import { formatSubnet, parseSubnet } from '../../lib/values/addresses.ts'
import { ConflictError } from '../../lib/values/errors.ts'
import { hostEndName, peerEndName } from '../../lib/values/names.ts'
import type { Follower } from '../follower/follower.ts'
import type { Pruned } from './schema/components.ts'

export interface PruneParts {
  readonly host: Host
  readonly networks: Networks
  readonly store: NetworkStore
  readonly names: NameStore
  readonly pools: Pick<PoolStore, 'pools' | 'removePool'>
  readonly follower: Pick<Follower, 'state'>
}

/**
 * Removes a network that the engine does not know, with what is left of its members and its address pools.
 *
 * @throws {NotFoundError} there is no such network
 * @throws {ConflictError} the engine knows it or cannot be asked, or a container is on it
 */
export async function pruneNetwork(id: string, parts: PruneParts): Promise<Pruned> {
  const { host, networks, store, names, pools, follower } = parts
  const spec = networks.network(id)
  const state = follower.state()
  if (state !== 'followed')
    throw new ConflictError(`cannot tell whether the engine knows network ${id}: the engine is ${state}`)
  if (names.network(id)?.known !== false)
    throw new ConflictError(`cannot prune network ${id}: the engine knows it, docker network rm removes it`)
  const members = store.endpoints(id).map((row) => row.spec)
  const { links } = await surroundings(host)
  // A container that ended took both ends with it; one that was disconnected gave its end back to the host.
  const living = members.find((one) => links.has(hostEndName(one.id)) && !links.has(peerEndName(one.id)))
  if (living) {
    const name = names.endpoint(living.id)?.name ?? living.id.slice(0, 12)
    throw new ConflictError(`cannot prune network ${id}: container ${name} is on it`)
  }
  await networks.removeNetwork(id)
  const subnets = [...spec.ipv4, ...spec.ipv6].map(({ subnet }) => formatSubnet(parseSubnet(subnet)))
  for (const pool of pools.pools()) if (subnets.includes(formatSubnet(pool.subnet))) pools.removePool(pool.id)
  return { id, bridge: spec.bridge, endpoints: members.length }
}
