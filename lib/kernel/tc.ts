import { type Command, tc } from './command.ts'

/**
 * One direction of a link.
 */
export interface Shape {
  /** bit/s */
  readonly rate: number
  /** bytes sent at once after a pause; at least a packet */
  readonly burst: number
  /** bytes that may wait */
  readonly limit: number
}

const HIGHEST_RATE = 400e9
/** bytes a class may send before its sister's turn: tc(8) asks for 1514 to 60000, and warns outside */
const quantum = (rate: number): number => Math.min(60_000, Math.max(1514, Math.round(rate / 8 / 1000)))

/**
 * Holds what leaves `device` to a token bucket.
 *
 * `replace` throughout this file: on a qdisc or class of ours it is a change in place, and on a new link it is an add.
 *
 * TBF cuts offload packets that are larger than the bucket, so the rate holds for whatever arrives.
 * The bucket gets a handle of ours, `1:`, by which it is known and changed later.
 *
 * @see https://man7.org/linux/man-pages/man8/tc-tbf.8.html
 */
export const limitEgress = (device: string, { rate, burst, limit }: Shape): Command =>
  tc`qdisc replace dev ${device} root handle 1: tbf rate ${rate}bit burst ${burst}b limit ${limit}b`

/**
 * The network's shared medium on its IFB device, which every limited upload is redirected to:
 *
 *     1:  htb ── 1:1  all members (network.rate, when there is one)
 *                 ├── 1:10      strangers: frames from a MAC that is no member's
 *                 └── 1:11 …    a class a member, found by its source MAC
 *
 *     u32  800: ── every frame ──▶ 2:  256 buckets by the last byte of the source MAC
 *
 * @param strangers what a member that forges its MAC gets, so that forging is no way around its class
 * @see https://man7.org/linux/man-pages/man8/tc-htb.8.html https://man7.org/linux/man-pages/man8/tc-u32.8.html
 */
export const addTree = (device: string, strangers: Shape): Command[] => [
  tc`qdisc replace dev ${device} root handle 1: htb default 10`,
  tc`class replace dev ${device} parent 1: classid 1:1 htb rate ${HIGHEST_RATE}bit burst 1mb cburst 1mb quantum 60000`,
  ...addClass(device, STRANGERS, strangers),
  tc`filter add dev ${device} parent 1: prio 1 handle 2: protocol all u32 divisor 256`,
  tc`filter add dev ${device} parent 1: prio 1 handle 800::1 protocol all u32 ht 800: match u32 0 0 hashkey mask 0x00ff0000 at -4 link 2:`,
]

const STRANGERS = 0x10
/** Slot 0 is the first member; a bridge has at most 1024 ports, so slots stay below that. */
const classOf = (slot: number): number => STRANGERS + 1 + slot
const hex = (value: number): string => value.toString(16)

const addClass = (device: string, minor: number, { rate, burst, limit }: Shape): Command[] => [
  tc`class replace dev ${device} parent 1:1 classid 1:${hex(minor)} htb rate ${rate}bit ceil ${rate}bit burst ${burst}b cburst ${burst}b quantum ${quantum(rate)}`,
  tc`qdisc replace dev ${device} parent 1:${hex(minor)} handle ${hex(minor)}: bfifo limit ${limit}b`,
]

/** A member's place in the network's tree. */
export interface Member {
  readonly medium: string
  /** 0 to 1023, the member's own in this network */
  readonly slot: number
  /** six bytes, as `02:42:0a:80:00:02` */
  readonly mac: string
}

/** The filter's node within its bucket: u32 keeps 12 bits of it, and zero means "pick one". */
const filterHandle = ({ slot, mac }: Member): string =>
  `2:${hex(Number.parseInt(mac.slice(-2), 16))}:${hex(slot + 1)}`

/** Gives a member its class, and sends the frames from its MAC there. Offsets are from the network header: -8 is the source MAC. */
export const addMember = (member: Member, shape: Shape): Command[] => [
  ...addClass(member.medium, classOf(member.slot), shape),
  tc`filter replace dev ${member.medium} parent 1: prio 1 handle ${filterHandle(member)} protocol all u32 ht 2:${member.mac.slice(-2)}: match u32 0x${member.mac.replaceAll(':', '').slice(0, 8)} 0xffffffff at -8 match u16 0x${member.mac.replaceAll(':', '').slice(8)} 0xffff at -4 flowid 1:${hex(classOf(member.slot))}`,
]

/** The filter goes first: a class that is pointed to cannot. */
export const deleteMember = (member: Member): Command[] => [
  tc`filter del dev ${member.medium} parent 1: prio 1 handle ${filterHandle(member)} protocol all u32`,
  tc`class del dev ${member.medium} classid 1:${hex(classOf(member.slot))}`,
]

/** With a handle of its own, so that doing it again is not doing it twice. Sends everything that arrives at `device` to the medium's queue first; from there it comes back as if nothing had been. */
export const redirectIngress = (device: string, medium: string): Command[] => [
  tc`qdisc replace dev ${device} handle ffff: ingress`,
  tc`filter replace dev ${device} parent ffff: prio 1 handle 800::1 protocol all u32 match u32 0 0 action mirred egress redirect dev ${medium}`,
]

/** A member's filter, as tc lists it: handle and class. */
export const filterOf = (member: Member): string => `${filterHandle(member)} ${classId(member)}`

/** A host end's redirect, as tc lists it. */
export const redirectOf = (medium: string): string => `800::1 ${medium}`

/** What a medium's tree consists of before there is any member, as tc lists it. */
export const TREE = { classes: ['1:1', '1:10'], leaf: '10:', filters: ['2:', '800::1'] } as const

/** The handle of the queue under a member's class. */
export const leafHandle = ({ slot }: Member): string => `${hex(classOf(slot))}:`

/** The id of a member's class, as tc prints it. */
export const classId = ({ slot }: Member): string => `1:${hex(classOf(slot))}`

/** What reads back the shape of one link: its qdiscs, the medium's, and the member's class. */
export const showShape = (hostEnd: string, member?: Member): Command[] => [
  tc`qdisc show dev ${hostEnd}`,
  ...(member
    ? [tc`qdisc show dev ${member.medium}`, tc`class show dev ${member.medium} classid ${classId(member)}`]
    : []),
]
