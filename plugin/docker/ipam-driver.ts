import type { Host } from '../../lib/kernel/host.ts'
import { isTaken, type Place, surroundings } from '../../lib/kernel/surroundings.ts'
import type { PoolStore } from '../../lib/store/pools.ts'
import {
  formatSubnet,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
  subnetFault,
} from '../../lib/values/addresses.ts'
import { InvalidRequestError, messageOf } from '../../lib/values/errors.ts'
import { cutSubnet, type PoolSource } from '../../lib/values/pool.ts'
import { createQueue } from '../../lib/values/queue.ts'
import type * as wire from './messages.ts'

const GATEWAY = 'com.docker.network.gateway'
const LOCAL = 'sluice-local'
const GLOBAL = 'sluice-global'

export interface IpamParts {
  readonly host: Host
  readonly pools: PoolStore
  readonly sources: readonly PoolSource[]
}

/** The IpamDriver methods (moby, daemon/libnetwork/ipams/remote/remote.go). */
export const ipamDriver = ({ host, pools, sources }: IpamParts) => {
  // One at a time: what is free must still be free when it is taken.
  const queue = createQueue()

  const taken = async (): Promise<Place[]> => {
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

  const pickSubnet = async (family: 4 | 6): Promise<Subnet> => {
    const subnet = cutSubnet(sources, family, await taken())
    if (subnet) return subnet
    throw new InvalidRequestError(
      `no free IPv${family} subnet is left in ADDRESS_POOLS: name one with --subnet, or remove a network`,
    )
  }

  const checkSubnet = async (subnet: Subnet): Promise<Subnet> => {
    const fault = subnetFault(subnet)
    if (fault) throw new InvalidRequestError(`--subnet ${formatSubnet(subnet)}: ${fault}`)
    const pool = pools.pools().find((other) => overlaps(other.subnet, subnet))
    if (pool)
      throw new InvalidRequestError(
        `--subnet ${formatSubnet(subnet)}: overlaps ${formatSubnet(pool.subnet)}, another network's`,
      )
    if ((await taken()).some((place) => isTaken(place, subnet)))
      throw new InvalidRequestError(
        `--subnet ${formatSubnet(subnet)}: overlaps an address or a route that the host has already`,
      )
    return subnet
  }

  return {
    GetCapabilities: () => ({ RequiresMACAddress: false, RequiresRequestReplay: false }),

    GetDefaultAddressSpaces: () => ({ LocalDefaultAddressSpace: LOCAL, GlobalDefaultAddressSpace: GLOBAL }),

    RequestPool: (message: wire.RequestPoolRequest) =>
      queue('pools', async () => {
        for (const key of Object.keys(message.Options ?? {}))
          throw new InvalidRequestError(`--ipam-opt ${key}: unknown option, expected none`)
        const named = message.Pool ? flagged('--subnet', message.Pool) : undefined
        if (!named && message.SubPool)
          throw new InvalidRequestError('--ip-range: expected together with --subnet')
        const range = message.SubPool ? flagged('--ip-range', message.SubPool) : undefined
        if (named && range && (range.prefix < named.prefix || !overlaps(named, range)))
          throw new InvalidRequestError(
            `--ip-range ${formatSubnet(range)}: expected a part of ${formatSubnet(named)}`,
          )
        const subnet = named ? await checkSubnet(named) : await pickSubnet(message.V6 ? 6 : 4)
        const pool = pools.addPool(message.AddressSpace || LOCAL, subnet, range ?? subnet)
        return { PoolID: pool.id, Pool: formatSubnet(subnet), Data: {} }
      }),

    ReleasePool: ({ PoolID }: wire.ReleasePoolRequest) => {
      pools.removePool(PoolID)
      return {}
    },

    RequestAddress: ({ PoolID, Address, Options }: wire.RequestAddressRequest) => {
      const kind = Options?.RequestAddressType === GATEWAY ? 'gateway' : 'endpoint'
      const wanted = Address ? parseAddress(Address) : undefined
      const { address, prefix } = pools.takeAddress(PoolID, kind, wanted)
      return { Address: `${address}/${prefix}`, Data: {} }
    },

    ReleaseAddress: ({ PoolID, Address }: wire.ReleaseAddressRequest) => {
      pools.releaseAddress(PoolID, Address)
      return {}
    },
  }
}

/** @throws {InvalidRequestError} beginning with the flag */
function flagged(flag: string, text: string): Subnet {
  try {
    return parseSubnet(text)
  } catch (error) {
    throw new InvalidRequestError(`${flag}: ${messageOf(error)}`)
  }
}
