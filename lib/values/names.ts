import { createHash } from 'node:crypto'

/**
 * Names on the host as pure functions of Docker's ids, so that no state is needed to find or to clean up what
 * is ours. All fit IFNAMSIZ (15 bytes and a zero): three letters and 12 of an id's 64 hex digits (25 base-36
 * digits for a swarm network's).
 *
 * @see https://elixir.bootlin.com/linux/latest/source/include/uapi/linux/if.h IFNAMSIZ
 */
const named = (prefix: string) => (id: string) => `${prefix}-${id.slice(0, 12)}`

export const bridgeName = named('sl')
/** The network's IFB device: the medium that what its containers send is queued on. */
export const mediumName = named('si')
/** The IFB device of one member that cannot share the network's. */
export const ownMediumName = named('se')
export const hostEndName = named('sv')
export const peerEndName = named('sp')

/**
 * Every link of ours is in this group (`ip link show group 20942`): the mark that lets us remove it. 0x51CE,
 * "slCE".
 */
export const LINK_GROUP = 20942

/**
 * The bridge's own MAC, which its members know the gateway by. Said, since a bridge that is left to itself
 * takes another one whenever a port comes or goes.
 */
export const bridgeMac = (id: string): string =>
  ['02', '51', ...createHash('sha256').update(id).digest('hex').slice(0, 8).matchAll(/../g)].join(':')

/** Our one nftables table, family inet. */
export const TABLE = 'sluice'

/**
 * The packet-mark bit that says "our forward chain has let this pass", for Docker's filter to honour. Chosen
 * clear of kube-proxy (0x4000, 0x8000), CNI portmap (0x2000), Tailscale (0xff0000), Calico (0xffff0000),
 * Cilium (0x0f00) and swarm's small integers.
 */
export const PASS_MARK = '0x1000'

/**
 * A MAC that follows from the address, as Docker up to 27 did: the same address comes back with the same MAC,
 * so no neighbour keeps a stale entry. IPv6 addresses may be alike in any of their bytes: all of them count.
 *
 * @param address IPv4 or IPv6 as 4 or 16 bytes; an empty list when the endpoint has none
 * @param id the endpoint's id, used when there is no address
 * @param taken MACs that the network has already
 */
export function macAddress(address: readonly number[], id: string, taken: ReadonlySet<string>): string {
  const tail =
    address.length === 4
      ? Buffer.from(address)
      : address.length > 0
        ? digest(Buffer.from(address))
        : Buffer.from(id.slice(0, 8).padEnd(8, '0'), 'hex')
  let mac = macOf(tail)
  while (taken.has(mac)) mac = macOf(digest(Buffer.from(mac)))
  return mac
}

const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
const macOf = (tail: Buffer): string => ['02', '42', ...tail.toString('hex', 0, 4).matchAll(/../g)].join(':')
