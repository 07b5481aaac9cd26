import { type Command, tc } from '../command.ts'
import { place } from './qdisc.ts'

/** A class of an htb. Rates in bit/s, bursts in bytes. */
export interface ClassSpec {
  readonly device: string
  readonly id: string
  readonly parent: string
  /** the guaranteed rate */
  readonly rate: number
  /** the highest rate, with bandwidth that other classes leave */
  readonly ceil: number
  readonly burst: number
  readonly cburst: number
  /** bytes that it may send before its sibling's turn: tc(8) asks for 1514 to 60000, and warns outside */
  readonly quantum: number
  /** 0 (first) to 7: the order of borrowing */
  readonly priority: number
}

/** @see https://man7.org/linux/man-pages/man8/tc-htb.8.html */
export const putClass = (spec: ClassSpec): Command =>
  tc`class replace dev ${spec.device} parent ${spec.parent} classid ${spec.id}
    htb prio ${spec.priority} rate ${spec.rate}bit ceil ${spec.ceil}bit
    burst ${spec.burst}b cburst ${spec.cburst}b quantum ${spec.quantum}`

/**
 * The network's shared medium: the IFB device that uploads are redirected to.
 *
 *     1:  htb ── 1:1  all members (network.rate, when there is one)
 *                 ├── 1:10      strangers: frames whose source MAC is no member's
 *                 ├── 1:11 …    a class per member, chosen by source MAC
 *                 └── 1:2       the uplink, where it is shaped
 *                     └── 1:811 …  a class per member, for its frames to the bridge itself
 *
 *     u32  800: ── frames to the bridge ──▶ 3:  256 buckets by the last byte of the source MAC
 *               ── every frame ───────────▶ 2:  the same
 *
 * We queue outgoing packets here, before the bridge, and not on the bridge's own ingress. There a redirect
 * would detach the connection that br_netfilter has tracked from the packet, and ip_sabotage_in would keep
 * the packet from getting another.
 *
 * @see https://man7.org/linux/man-pages/man8/tc-htb.8.html
 *   https://man7.org/linux/man-pages/man8/tc-u32.8.html
 */
export const addRoot = (device: string): Command =>
  place({ device, parent: 'root', handle: ROOT, qdisc: { kind: 'htb', default: '10' } })

/** The queue for strangers' frames. */
export const addStrangersQueue = (device: string, bytes: number): Command =>
  place({ device, parent: STRANGERS, handle: STRANGERS_QUEUE, qdisc: { kind: 'bfifo', bytes } })

/**
 * Adds the hash table by the last byte of the source MAC, and an empty one for the uplink, which stays
 * because the kernel frees a deleted one late. Offsets are from the network header: -4 has the last bytes of
 * the source MAC.
 */
export const addHash = (device: string): Command[] => [
  tc`filter add dev ${device} parent 1: prio 1 handle 2: protocol all u32 divisor 256`,
  tc`filter add dev ${device} parent 1: prio 1 handle 3: protocol all u32 divisor 256`,
  tc`filter add dev ${device} parent 1: prio 1 handle 800::2 protocol all u32 ht 800:
    match u32 0 0 hashkey mask 0x00ff0000 at -4 link 2:`,
]

/**
 * Sends frames for the bridge's own MAC, -14 from the network header, to the uplink's hash table. The kernel
 * checks this filter before the other.
 */
export const addUplinkHash = (device: string, mac: string): Command => {
  const { first2, last4 } = macWords(mac)
  return tc`filter add dev ${device} parent 1: prio 1 handle ${UPLINK_HASH} protocol all u32
    ht 800: match u16 0x${first2} 0xffff at -14 match u32 0x${last4} 0xffffffff at -12
    hashkey mask 0x00ff0000 at -4 link 3:`
}
export const UPLINK_HASH = '800::1'

/**
 * A MAC's first and last bytes in hexadecimal, in words of two and four bytes: u32 matches four bytes at an
 * offset that is a multiple of four.
 */
function macWords(mac: string) {
  const digits = mac.replaceAll(':', '')
  return {
    first2: digits.slice(0, 4),
    first4: digits.slice(0, 8),
    last4: digits.slice(4),
    last2: digits.slice(8),
  }
}

/** Handles of the filters that a medium has before its first member, as tc lists them. */
export const hashHandles = (uplink: boolean): string[] => [
  '2:',
  '3:',
  '800::2',
  ...(uplink ? [UPLINK_HASH] : []),
]

const ROOT = '1:'
export const ALL_MEMBERS = '1:1'
export const STRANGERS = '1:10'
export const UPLINK = '1:2'
export const STRANGERS_QUEUE = '10:'

/** A member's place in the network's tree. */
export interface Member {
  readonly medium: string
  /** 0 to 1023, the member's own in this network */
  readonly slot: number
  /** six bytes, as `02:42:0a:80:00:02` */
  readonly mac: string
  /** its place in the uplink, rather than among the members */
  readonly outward?: boolean
}

const hex = (value: number): string => value.toString(16)
/** Slot 0 is the first member; a bridge has at most 1024 ports, so slots stay below that. */
const minorOf = ({ slot, outward = false }: Member): number => (outward ? 0x811 : 0x11) + slot
const tableOf = ({ outward = false }: Member): number => (outward ? 3 : 2)

/** The minor number of a member's class, which the qdiscs below it have as major number. */
export const memberMinor = (member: Member): string => hex(minorOf(member))

/** The id of a member's class. */
export const classId = (member: Member): string => `1:${memberMinor(member)}`

/**
 * The handle of a member's filter, as tc prints it: table, bucket and node. tc prints nothing for bucket 0.
 * u32 keeps 12 bits of a node, and zero means "pick one".
 */
const filterHandle = (member: Member): string => {
  const bucket = Number.parseInt(member.mac.slice(-2), 16)
  return `${tableOf(member)}:${bucket === 0 ? '' : hex(bucket)}:${hex(member.slot + 1)}`
}

/**
 * Sends the frames from a member's MAC to its class. Offsets are from the network header: the source MAC is
 * at -8.
 */
export const addFilter = (member: Member): Command => {
  const { first4, last2 } = macWords(member.mac)
  return tc`filter replace dev ${member.medium} parent 1: prio 1
    handle ${filterHandle(member)} protocol all u32
    ht ${tableOf(member)}:${member.mac.slice(-2)}:
    match u32 0x${first4} 0xffffffff at -8 match u16 0x${last2} 0xffff at -4
    flowid ${classId(member)}`
}

/** Deletes the filter first: the kernel does not delete a class that a filter uses. */
export const deleteMember = (member: Member): Command[] => [
  deleteFilter(member.medium, filterHandle(member)),
  deleteClass(member.medium, classId(member)),
]

export const deleteFilter = (device: string, handle: string): Command =>
  tc`filter del dev ${device} parent 1: prio 1 handle ${handle} protocol all u32`

export const deleteClass = (device: string, id: string): Command => tc`class del dev ${device} classid ${id}`

/**
 * Sends all packets that arrive at `device` through the medium's queue first; then they continue as if they
 * had just arrived. The filter has a fixed handle, so that repeating the command adds no second one.
 */
export const redirectIngress = (device: string, medium: string): Command[] => [
  tc`qdisc replace dev ${device} handle ffff: ingress`,
  tc`filter replace dev ${device} parent ffff: prio 1 handle 800::1 protocol all u32
    match u32 0 0 action mirred egress redirect dev ${medium}`,
]

/** Loses the queued packets, and those sent until the kernel's own qdisc is in place. */
export const removeRoot = (device: string): Command => tc`qdisc del dev ${device} root`

/** Also removes the redirect. */
export const removeIngress = (device: string): Command => tc`qdisc del dev ${device} ingress`

/** A member's filter, as tc lists it: handle and class. */
export const filterOf = (member: Member): string => `${filterHandle(member)} ${classId(member)}`

/** A redirect, as tc lists it. */
export const redirectOf = (medium: string): string => `800::1 ${medium}`

/** Commands that read back a device's qdiscs, and some of its classes. */
export const showDevice = (device: string, ids: readonly string[]): Command[] => [
  tc`qdisc show dev ${device}`,
  ...ids.map((id) => tc`class show dev ${device} classid ${id}`),
]
