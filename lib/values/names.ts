import { createHash } from 'node:crypto'

/**
 * Names on the host are pure functions of Docker's ids, so we need no state to find or to clean up our links.
 * All fit IFNAMSIZ (15 bytes and a zero): a prefix of three characters and 12 of an id's 64 hex digits (a
 * swarm network's id has 25 base-36 digits).
 *
 * @see https://elixir.bootlin.com/linux/latest/source/include/uapi/linux/if.h IFNAMSIZ
 */
const named = (prefix: string) => (id: string) => `${prefix}-${id.slice(0, 12)}`

export const bridgeName = named('sl')
/** The network's IFB device, the medium: it queues the packets that the network's containers send. */
export const mediumName = named('si')
/** The IFB device of one member that cannot share the network's. */
export const ownMediumName = named('se')
export const hostEndName = named('sv')
export const peerEndName = named('sp')

/**
 * Every link of ours is in this group (`ip link show group 20942`), by which our cleanup recognises it.
 * 0x51CE, "slCE".
 */
export const LINK_GROUP = 20942

/**
 * The bridge's own MAC, by which its members know the gateway. We set it because the kernel would otherwise
 * change it whenever a port comes or goes.
 */
export const bridgeMac = (id: string): string =>
  ['02', '51', ...createHash('sha256').update(id).digest('hex').slice(0, 8).matchAll(/../g)].join(':')

/** Our one nftables table, family inet. */
export const TABLE = 'sluice'

/**
 * The packet-mark bit that says "our forward chain has accepted this", for Docker's filter to honour. It
 * differs from the bits of kube-proxy (0x4000, 0x8000), CNI portmap (0x2000), Tailscale (0xff0000), Calico
 * (0xffff0000), Cilium (0x0f00) and swarm's small integers.
 */
export const PASS_MARK = '0x1000'

/**
 * Derives a MAC from the address, as Docker up to 27 did: the same address always gets the same MAC, so no
 * neighbour keeps a stale entry. IPv6 addresses may share any of their bytes, so all bytes count.
 *
 * @param address IPv4 or IPv6 as 4 or 16 bytes; an empty list when the endpoint has none
 * @param id the endpoint's id, used when there is no address
 * @param taken MACs already in use on the network
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
