import { familyOf } from '../../values/families.ts'
import { LEAST_IPV6_MTU } from '../../values/frame.ts'
import { LINK_GROUP } from '../../values/names.ts'
import { type Command, ip, sysctl } from '../command.ts'

/**
 * `alias` says what a link is for: people read it in `ip link`, and so does our cleanup at the start. One
 * word.
 */
export const addBridge = (bridge: string, mac: string, mtu: number, alias: string): Command[] => [
  ip`link add name ${bridge} address ${mac} mtu ${mtu} group ${LINK_GROUP} type bridge`,
  ip`link set dev ${bridge} alias ${alias}`,
]

/**
 * `nodad`: a bridge made just now has no other hosts on it, and the kernel answers nobody on a tentative
 * address.
 */
export const addAddress = (device: string, cidr: string): Command =>
  familyOf(cidr) === 6 ? ip`addr add ${cidr} dev ${device} nodad` : ip`addr add ${cidr} brd + dev ${device}`

export const setUp = (device: string): Command => ip`link set dev ${device} up`

export const setMac = (device: string, mac: string): Command => ip`link set dev ${device} address ${mac}`

export const deleteLink = (device: string): Command => ip`link del dev ${device}`

export interface Veth {
  readonly hostEnd: string
  readonly peerEnd: string
  /** bytes, 68 to 65535 */
  readonly mtu: number
  /** of the peer, which becomes the container's interface */
  readonly mac: string
  readonly alias: string
}

/**
 * Sets the alias, and turns link-local IPv6 addresses off if the device has IPv6 at all: below IPv6's minimum
 * MTU the kernel rejects that setting.
 */
const dress = (device: string, mtu: number, alias: string): Command =>
  mtu < LEAST_IPV6_MTU
    ? ip`link set dev ${device} alias ${alias}`
    : ip`link set dev ${device} addrgenmode none alias ${alias}`

/**
 * The queue length is 1000, because Docker's zero spoils every qdisc that takes its limit from it. The host
 * end has no link-local IPv6 address, because it is only a bridge port.
 */
export const addVeth = ({ hostEnd, peerEnd, mtu, mac, alias }: Veth): Command[] => [
  ip`link add name ${hostEnd} mtu ${mtu} txqueuelen 1000 group ${LINK_GROUP}
    type veth peer name ${peerEnd} mtu ${mtu} txqueuelen 1000 address ${mac}`,
  dress(hostEnd, mtu, alias),
]

/**
 * Limits offload packets to `bytes`: the kernel cuts larger ones before they leave `device` (net/core/dev.c,
 * gso_features_check). A slow queue then never gets 64 KB in one piece, of which it would drop most.
 */
export const limitOffload = (device: string, bytes: number, segments: number): Command =>
  ip`link set dev ${device} gso_max_size ${bytes} gso_max_segs ${segments}`

export const attach = (device: string, bridge: string): Command => ip`link set dev ${device} master ${bridge}`

/**
 * Lets a frame leave by the port that it came in by. A container needs this to reach itself through the
 * host's address if br_netfilter is on.
 */
export const reflect = (device: string): Command => ip`link set dev ${device} type bridge_slave hairpin on`

/**
 * An IFB device: it queues packets that are redirected to it, as if it were to send them. Its default queue
 * length is 32.
 */
export const addMedium = (device: string, mtu: number, alias: string): Command[] => [
  ip`link add name ${device} mtu ${mtu} txqueuelen 1000 group ${LINK_GROUP} type ifb`,
  dress(device, mtu, alias),
]

/**
 * Turns IPv6 off on the bridge of a network without it, so that no container's router advertisement reaches
 * the host. Below an MTU of 1280, or on a host without IPv6, the key is missing: `-` ignores that, as in
 * sysctl.d(5).
 */
export const disableIpv6 = (device: string): Command => sysctl`-ipv6/conf/${device}/disable_ipv6=1`

/**
 * Lets packets from the host to a port published on 127.0.0.1 leave by the bridge. Our rules drop packets to
 * 127.0.0.0/8 that come from the bridge (CVE-2020-8558).
 */
export const routeLoopback = (device: string): Command => sysctl`ipv4/conf/${device}/route_localnet=1`

/** CVE-2020-13401: with accept_ra a container could become the host's IPv6 router. */
export const ignoreRouterAdvertisements = (device: string): Command => sysctl`ipv6/conf/${device}/accept_ra=0`

/** Turns forwarding on, as Docker's bridge driver does: without it the host routes nothing. */
export const forwardIpv4 = (): Command => sysctl`ipv4/ip_forward=1`
export const forwardIpv6 = (): Command => sysctl`ipv6/conf/all/forwarding=1`
