import { familyOf } from '../../values/families.ts'
import { LEAST_IPV6_MTU } from '../../values/frame.ts'
import { LINK_GROUP } from '../../values/names.ts'
import { type Command, ip, sysctl } from '../command.ts'

/** `alias` says what a link is for, to people who read `ip link` and to the sweep at start. One word. */
export const addBridge = (bridge: string, mac: string, mtu: number, alias: string): Command[] => [
  ip`link add name ${bridge} address ${mac} mtu ${mtu} group ${LINK_GROUP} type bridge`,
  ip`link set dev ${bridge} alias ${alias}`,
]

/** `nodad`: nobody else is on a bridge that was made this instant, and a tentative address answers no one. */
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
 * No link-local IPv6 address, where the device has IPv6 at all: below its least MTU the kernel refuses even
 * to be told so.
 */
const dress = (device: string, mtu: number, alias: string): Command =>
  mtu < LEAST_IPV6_MTU
    ? ip`link set dev ${device} alias ${alias}`
    : ip`link set dev ${device} addrgenmode none alias ${alias}`

/**
 * A queue length of 1000, since Docker's zero spoils every qdisc that takes its limit from it; no link-local
 * IPv6 address on the host end, which is a bridge port and talks to nobody.
 */
export const addVeth = ({ hostEnd, peerEnd, mtu, mac, alias }: Veth): Command[] => [
  ip`link add name ${hostEnd} mtu ${mtu} txqueuelen 1000 group ${LINK_GROUP}
    type veth peer name ${peerEnd} mtu ${mtu} txqueuelen 1000 address ${mac}`,
  dress(hostEnd, mtu, alias),
]

/**
 * Keeps what a sender hands over at once to `bytes`: the kernel cuts larger offload packets before they leave
 * `device` (net/core/dev.c, gso_features_check), so a slow queue does not get 64 KB in one piece, most of it
 * to be dropped.
 */
export const limitOffload = (device: string, bytes: number, segments: number): Command =>
  ip`link set dev ${device} gso_max_size ${bytes} gso_max_segs ${segments}`

export const attach = (device: string, bridge: string): Command => ip`link set dev ${device} master ${bridge}`

/**
 * Lets a frame leave by the port that it came in by: a container's way to itself through the host's address,
 * where br_netfilter is on.
 */
export const reflect = (device: string): Command => ip`link set dev ${device} type bridge_slave hairpin on`

/**
 * An IFB device: what is redirected to it is queued as if it were sent there. Its queue length is 32 if not
 * said.
 */
export const addMedium = (device: string, mtu: number, alias: string): Command[] => [
  ip`link add name ${device} mtu ${mtu} txqueuelen 1000 group ${LINK_GROUP} type ifb`,
  dress(device, mtu, alias),
]

/**
 * A bridge without IPv6 has none of its own either: no router advertisement of a container's reaches the
 * host. The key is missing, and so is IPv6, below an MTU of 1280 or on a host without it: as in sysctl.d(5),
 * `-` passes over that.
 */
export const disableIpv6 = (device: string): Command => sysctl`-ipv6/conf/${device}/disable_ipv6=1`

/**
 * Lets what the host sends to a published port of 127.0.0.1 leave by the bridge. Packets for 127.0.0.0/8 that
 * come from there are dropped by our rules (CVE-2020-8558).
 */
export const routeLoopback = (device: string): Command => sysctl`ipv4/conf/${device}/route_localnet=1`

/** CVE-2020-13401: with accept_ra a container could become the host's IPv6 router. */
export const ignoreRouterAdvertisements = (device: string): Command => sysctl`ipv6/conf/${device}/accept_ra=0`

/** What Docker's own bridge driver sets too: without it the host routes nothing. */
export const forwardIpv4 = (): Command => sysctl`ipv4/ip_forward=1`
export const forwardIpv6 = (): Command => sysctl`ipv6/conf/all/forwarding=1`
