import { addMedium, deleteLink, setUp } from '../../kernel/ip/device.ts'
import { kindOf, type Qdisc } from '../../kernel/tc/kinds.ts'
import { type Placed, place } from '../../kernel/tc/qdisc.ts'
import {
  ALL_MEMBERS,
  addFilter,
  addHash,
  addRoot,
  addStrangersQueue,
  addUplinkHash,
  type ClassSpec,
  classId,
  deleteClass,
  deleteFilter,
  deleteMember,
  type Member,
  memberMinor,
  putClass,
  redirectIngress,
  removeIngress,
  removeRoot,
  STRANGERS,
  showDevice,
  UPLINK,
  UPLINK_HASH,
} from '../../kernel/tc/tree.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { type Plan, step } from '../../plan/plan.ts'
import { frameOf } from '../../values/frame.ts'
import { bridgeMac, mediumName } from '../../values/names.ts'
import { LEAST_RATE, OPEN } from '../../values/units.ts'
import { BURST_TIME, type Shape } from './shape.ts'

/** What tc should list: everything that shapes one link, or one uplink. */
export interface Layout {
  readonly classes: readonly ClassSpec[]
  readonly qdiscs: readonly Placed[]
  readonly members: readonly Member[]
  readonly redirects: readonly { readonly from: string; readonly to: string }[]
}

export const EMPTY: Layout = { classes: [], qdiscs: [], members: [], redirects: [] }

export const joinLayouts = (...layouts: readonly Layout[]): Layout => ({
  classes: layouts.flatMap(({ classes }) => classes),
  qdiscs: layouts.flatMap(({ qdiscs }) => qdiscs),
  members: layouts.flatMap(({ members }) => members),
  redirects: layouts.flatMap(({ redirects }) => redirects),
})

/** The major number of the qdisc below a root tbf. */
const BELOW_ROOT = 2

const handle = (major: number): string => `${major.toString(16)}:`
const below = (major: number): string => `${handle(major)}1`

/**
 * The tbf that cuts offload packets. A wide one has tokens to spare: a bucket of one packet would set a timer
 * for each packet.
 */
const cutterOf = ({ segment, limit }: Shape): Qdisc => ({
  kind: 'tbf',
  rate: OPEN,
  burst: isWide(segment) ? 2 ** 22 : segment,
  limit,
})

/** @param segment bytes; a frame of the largest MTU does not count as wide */
const isWide = (segment: number): boolean => segment > frameOf(65_535)
const majorOf = (major: number, qdisc: Qdisc, { segment }: Shape): number =>
  kindOf(qdisc).base(qdisc, isWide(segment)) + major

/** The handle of the first qdisc below a member's class, whose counters are the member's. */
export const memberHandle = (member: Member, shape: Shape): string =>
  handle(majorOf(Number.parseInt(memberMinor(member), 16), cutterOf(shape), shape))

/**
 * The qdiscs under any cap:
 *
 *     tbf  cuts offload packets ── netem  delays and impairs ── queue  where packets wait for the cap
 *
 * The delay comes before the queue, so that neither takes the other's room: packets that the delay holds do
 * not count as backlog.
 */
function chain(device: string, parent: string, major: number, shape: Shape): Placed[] {
  const { netem, queue } = shape
  const chain: Placed[] = []
  let under = parent
  for (const qdisc of [cutterOf(shape), ...(netem ? [netem] : []), queue]) {
    const own = majorOf(major, qdisc, shape)
    chain.push({ device, parent: under, handle: handle(own), qdisc })
    under = below(own)
  }
  return chain
}

/** A cap on everything that leaves a device. */
export const rootLayout = (device: string, shape: Shape): Layout => ({
  ...EMPTY,
  qdiscs: [
    {
      device,
      parent: 'root',
      handle: '1:',
      qdisc: { kind: 'tbf', rate: shape.rate, burst: shape.burst, limit: shape.limit },
    },
    ...chain(device, '1:1', BELOW_ROOT, shape),
  ],
})

/** A cap on everything that arrives at a device, set on an IFB device of its own. */
export const soloLayout = (from: string, to: string, shape: Shape): Layout => ({
  ...rootLayout(to, shape),
  redirects: [{ from, to }],
})

/** A member's part of the network's shared rate. */
export interface Share {
  /** bit/s */
  readonly guaranteed: number
  /** 0 (first) to 7 */
  readonly priority: number
}

/** A member's place on the network's medium. @param share absent where nothing is shared */
export function memberLayout(hostEnd: string, member: Member, shape: Shape, share?: Share): Layout {
  const { rate, burst, segment } = shape
  const guaranteed = Math.min(rate, share?.guaranteed ?? (member.outward ? LEAST_RATE : rate))
  const part = guaranteed < rate
  return {
    classes: [
      {
        device: member.medium,
        id: classId(member),
        parent: member.outward ? UPLINK : ALL_MEMBERS,
        rate: guaranteed,
        ceil: rate,
        burst: part ? Math.max(2 * segment, Math.ceil(burst * (guaranteed / rate))) : burst,
        cburst: burst,
        quantum: quantumOf(segment),
        priority: share?.priority ?? 0,
      },
    ],
    qdiscs: chain(member.medium, classId(member), Number.parseInt(memberMinor(member), 16), shape),
    members: [member],
    redirects: [{ from: hostEnd, to: member.medium }],
  }
}

/** bytes of one turn: the largest piece, so that turns are fair in bytes */
const quantumOf = (segment: number): number => Math.min(60_000, Math.max(1514, segment))

/**
 * The plan that sets the layout. Reverting it deletes a member's class; everything else goes with its device.
 */
export const planLayout = ({ classes, qdiscs, members, redirects }: Layout): Plan => [
  ...classes.map((spec, index) => {
    const member = members[index]
    return member ? step(putClass(spec), ...deleteMember(member)) : step(putClass(spec))
  }),
  ...qdiscs.map((placed) => step(place(placed))),
  ...members.map((member) => step(addFilter(member))),
  ...redirects.flatMap(({ from, to }) => redirectIngress(from, to).map((command) => step(command))),
]

/**
 * Plans the removal of qdiscs that a change put on devices that had none of ours. Everything else goes with
 * its device or its class.
 */
export function planBare(before: Layout, after: Layout): Plan {
  const roots = ({ qdiscs }: Layout): string[] =>
    qdiscs.flatMap(({ parent, device }) => (parent === 'root' ? [device] : []))
  const ingresses = ({ redirects }: Layout): string[] => redirects.map(({ from }) => from)
  const fresh = (devices: (layout: Layout) => string[]): string[] => {
    const known = new Set(devices(before))
    return devices(after).filter((device) => !known.has(device))
  }
  return [
    ...fresh(ingresses).map((device) => step(removeIngress(device))),
    ...fresh(roots).map((device) => step(removeRoot(device))),
  ]
}

/** The plan that lists what planLayout() has set, for verifyLayout(). */
export function planShow(layout: Layout): Plan {
  const devices = new Set([
    ...layout.qdiscs.map(({ device }) => device),
    ...layout.redirects.map(({ from }) => from),
  ])
  return [...devices].flatMap((device) => {
    const own = layout.classes.filter((spec) => spec.device === device)
    return showDevice(
      device,
      own.map(({ id }) => id),
    ).map((command) => step(command))
  })
}

/** bit/s that frames with a forged MAC share, so that forging does not evade one's class */
const STRANGERS_RATE = 1e6

const classOf = (device: string, id: string, parent: string, rate: number, ceil: number): ClassSpec => {
  const burst = (bits: number): number =>
    Math.max(2 ** 12, Math.min(2 ** 20, Math.ceil((bits / 8) * BURST_TIME)))
  return {
    device,
    id,
    parent,
    rate,
    ceil,
    burst: burst(rate),
    cburst: burst(ceil),
    quantum: id === ALL_MEMBERS ? 60_000 : 1514,
    priority: id === ALL_MEMBERS ? 0 : 7,
  }
}

/**
 * The classes that a medium has before any member.
 *
 * @param uplink the shape of traffic that leaves the network, if any
 */
export function mediumClasses({ id, shared }: NetworkSpec, uplink?: Shape): ClassSpec[] {
  const medium = mediumName(id)
  const strangers = Math.min(STRANGERS_RATE, shared ?? STRANGERS_RATE)
  return [
    classOf(medium, ALL_MEMBERS, '1:', shared ?? OPEN, shared ?? OPEN),
    classOf(medium, STRANGERS, ALL_MEMBERS, LEAST_RATE, strangers),
    ...(uplink ? [uplinkClass(medium, uplink, shared)] : []),
  ]
}

const uplinkClass = (device: string, { rate, burst, segment }: Shape, shared?: number): ClassSpec => ({
  device,
  id: UPLINK,
  parent: ALL_MEMBERS,
  rate: shared === undefined ? rate : LEAST_RATE,
  ceil: rate,
  burst,
  cburst: burst,
  quantum: quantumOf(segment),
  priority: 0,
})

/**
 * Plans the network's shared medium, created for the first member whose upload is limited and deleted with
 * the network.
 */
export function planMedium(network: NetworkSpec, uplink?: Shape): Plan {
  const medium = mediumName(network.id)
  return [
    ...planDevice(medium, network.mtu, `sluice/medium/${network.id}`),
    step(addRoot(medium)),
    ...mediumClasses(network).map((spec) => step(putClass(spec))),
    step(addStrangersQueue(medium, 4 * frameOf(network.mtu))),
    ...addHash(medium).map((command) => step(command)),
    ...planTrunk(network, uplink).slice(2),
  ]
}

/** Plans the part of a medium that depends on options which can change. */
export function planTrunk(network: NetworkSpec, uplink?: Shape): Plan {
  const medium = mediumName(network.id)
  return [
    ...mediumClasses(network, uplink).map((spec) =>
      spec.id === UPLINK ? step(putClass(spec), deleteClass(medium, UPLINK)) : step(putClass(spec)),
    ),
    ...(uplink
      ? [step(addUplinkHash(medium, bridgeMac(network.id)), deleteFilter(medium, UPLINK_HASH))]
      : []),
  ]
}

/** Plans an IFB device. */
export function planDevice(device: string, mtu: number, alias: string): Plan {
  const [add, ...dress] = addMedium(device, mtu, alias)
  return [
    ...(add ? [step(add, deleteLink(device))] : []),
    ...dress.map((command) => step(command)),
    step(setUp(device)),
  ]
}
