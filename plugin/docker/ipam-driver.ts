import type { Host } from '../../lib/kernel/host.ts'
import { isTaken, type Place, surroundings } from '../../lib/kernel/ip/surroundings.ts'
import type { PoolStore } from '../../lib/store/pools.ts'
import {
  bare,
  formatSubnet,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
  subnetFault,
} from '../../lib/values/addresses.ts'
import { InvalidRequestError, messageOf } from '../../lib/values/errors.ts'
import type { Family } from '../../lib/values/families.ts'
import { cutSubnet, type PoolSource } from '../../lib/values/pool.ts'
import { createQueue } from '../../lib/values/queue.ts'
import type * as wire from './messages.ts'
import { rpc } from './rpc.ts'

const GATEWAY = 'com.docker.network.gateway'
const LOCAL = 'sluice-local'
const GLOBAL = 'sluice-global'

export interface IpamParts {
  readonly host: Host
  readonly pools: PoolStore
  readonly sources: readonly PoolSource[]
}

/** The IpamDriver methods (moby, daemon/libnetwork/ipams/remote/remote.go). */
export const ipamDriver = (parts: IpamParts) => {
  const { pools } = parts
  // One request at a time: a subnet found free must still be free when it is taken.
  const queue = createQueue()
  return {
    GetCapabilities: rpc({
      handle: () => ({ RequiresMACAddress: false, RequiresRequestReplay: false }),
      body: 'none',
    }),

    GetDefaultAddressSpaces: rpc({
      handle: () => ({ LocalDefaultAddressSpace: LOCAL, GlobalDefaultAddressSpace: GLOBAL }),
      body: 'none',
    }),

    RequestPool: rpc({
      handle: (message: wire.RequestPoolRequest) => queue('pools', () => requestPool(parts, message)),
      undo: (_sent, { PoolID }) => pools.removePool(PoolID),
    }),

    ReleasePool: rpc({
      handle: ({ PoolID }: wire.ReleasePoolRequest) => {
        pools.removePool(PoolID)
        return {}
      },
    }),

    RequestAddress: rpc({
      handle: ({ PoolID, Address, Options }: wire.RequestAddressRequest) => {
        const kind = Options?.RequestAddressType === GATEWAY ? 'gateway' : 'endpoint'
        const wanted = Address ? parseAddress(Address) : undefined
        const { address, prefix } = pools.takeAddress(PoolID, kind, wanted)
        return { Address: `${address}/${prefix}`, Data: {} }
      },
      undo: ({ PoolID }, { Address }) => pools.releaseAddress(PoolID, bare(Address)),
    }),

    ReleaseAddress: rpc({
      handle: ({ PoolID, Address }: wire.ReleaseAddressRequest) => {
        pools.releaseAddress(PoolID, Address)
        return {}
      },
    }),
  }
}

async function requestPool(parts: IpamParts, message: wire.RequestPoolRequest) {
  for (const key of Object.keys(message.Options ?? {}))
    throw new InvalidRequestError(`--ipam-opt ${key}: unknown option, expected none`)
  const named = message.Pool ? flagged('--subnet', message.Pool) : undefined
  if (!named && message.SubPool) throw new InvalidRequestError('--ip-range: expected together with --subnet')
  const range = message.SubPool ? flagged('--ip-range', message.SubPool) : undefined
  if (named && range && (range.prefix < named.prefix || !overlaps(named, range)))
    throw new InvalidRequestError(
      `--ip-range ${formatSubnet(range)}: expected a part of ${formatSubnet(named)}`,
    )
  const subnet = named ? await checkSubnet(parts, named) : await pickSubnet(parts, message.V6 ? 6 : 4)
  const pool = parts.pools.addPool(message.AddressSpace || LOCAL, subnet, range ?? subnet)
  return { PoolID: pool.id, Pool: formatSubnet(subnet), Data: {} }
}

/** The addresses and subnets that a new pool must not overlap. */
async function taken({ host, pools }: IpamParts): Promise<Place[]> {
  const [around, resolvers] = await Promise.all([
    surroundings(host),
    // Engines up to 23 also refuse a pool that holds one of the host's name servers.
    host.read('/etc/resolv.conf'),
  ])
  const servers = [...(resolvers ?? '').matchAll(/^nameserver\s+([\d.:a-f]+)\s*$/gm)].map(
    ([, server]): Place => ({ subnet: parseSubnet(server as string), own: true }),
  )
  const others = pools.pools().map(({ subnet }): Place => ({ subnet, own: true }))
  return [...around.taken, ...servers, ...others]
}

async function pickSubnet(parts: IpamParts, family: Family): Promise<Subnet> {
  const subnet = cutSubnet(parts.sources, family, await taken(parts))
  if (subnet) return subnet
  throw new InvalidRequestError(
    `no free IPv${family} subnet is left in ADDRESS_POOLS: name one with --subnet, or remove a network`,
  )
}

async function checkSubnet(parts: IpamParts, subnet: Subnet): Promise<Subnet> {
  const refuse = (why: string) => new InvalidRequestError(`--subnet ${formatSubnet(subnet)}: ${why}`)
  const fault = subnetFault(subnet)
  if (fault) throw refuse(fault)
  const pool = parts.pools.pools().find((other) => overlaps(other.subnet, subnet))
  if (pool) throw refuse(`overlaps ${formatSubnet(pool.subnet)}, another network's`)
  if ((await taken(parts)).some((place) => isTaken(place, subnet)))
    throw refuse('overlaps an address or a route that the host has already')
  return subnet
}

/** @throws {InvalidRequestError} with a message that begins with the flag */
function flagged(flag: string, text: string): Subnet {
  try {
    return parseSubnet(text)
  } catch (error) {
    throw new InvalidRequestError(`${flag}: ${messageOf(error)}`)
  }
}
