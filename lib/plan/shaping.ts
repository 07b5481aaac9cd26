import { addMedium, deleteLink, limitOffload, setUp } from '../kernel/ip.ts'
import {
  addMember,
  addTree,
  deleteMember,
  limitEgress,
  type Member,
  redirectIngress,
  type Shape,
} from '../kernel/tc.ts'
import { mediumName } from '../names.ts'
import type { LinkOptions, NetworkSpec } from './network.ts'
import { type Plan, step } from './plan.ts'

/** seconds that a bucket lasts: one tick of the slowest kernel clock in use (HZ=250), or the rate is missed */
const BURST_TIME = 4e-3
/** seconds that a packet may wait under the cap (`queue.limit`) */
const QUEUE_TIME = 10e-3
/** seconds of sending that an offload packet may hold */
const OFFLOAD_TIME = 1e-3
const ETHERNET_HEADER = 14

/**
 * The numbers under a cap.
 *
 * The default burst is max(2·(MTU+14), rate·4 ms): smaller misses the rate, larger is latency. The queue holds 10 ms,
 * and never less than the burst and four packets, without which TCP cannot keep a slow link busy.
 *
 * @param rate bit/s
 * @param mtu bytes, of the link
 * @param burst bytes, when the user gave it
 */
export function shapeOf(rate: number, mtu: number, burst?: number): Shape {
  const frame = mtu + ETHERNET_HEADER
  const bucket = burst ?? Math.max(2 * frame, Math.ceil((rate / 8) * BURST_TIME))
  return { rate, burst: bucket, limit: Math.max(Math.ceil((rate / 8) * QUEUE_TIME), bucket + 4 * frame) }
}

/** What the options come to in each direction; `up` is what the container sends. */
export function linkShapes(options: LinkOptions, mtu: number): { up?: Shape; down?: Shape } {
  const up = options['rate.up'] ?? options.rate
  const down = options['rate.down'] ?? options.rate
  return {
    ...(up === undefined ? {} : { up: shapeOf(up, mtu, options.burst) }),
    ...(down === undefined ? {} : { down: shapeOf(down, mtu, options.burst) }),
  }
}

/** What frames with a forged MAC share on a network that names no upload rate of its own. bit/s */
const STRANGERS_RATE = 1e6

/** The network's shared medium: made for the first member whose upload is limited, gone with the last. */
export function planMedium(network: NetworkSpec): Plan {
  const medium = mediumName(network.id)
  const strangers = linkShapes(network.options, network.mtu).up ?? shapeOf(STRANGERS_RATE, network.mtu)
  const [add, ...dress] = addMedium(medium, network.mtu, `sluice/medium/${network.id}`)
  return [
    ...(add ? [step(add, deleteLink(medium))] : []),
    ...dress.map((command) => step(command)),
    step(setUp(medium)),
    ...addTree(medium, strangers).map((command) => step(command)),
  ]
}

/** What the container receives leaves the host end. Goes with the link. */
export const planDown = (hostEnd: string, shape: Shape): Plan => [step(limitEgress(hostEnd, shape))]

/** What the container sends arrives at the host end, and is queued on the medium. The redirect goes with the link. */
export function planUp(hostEnd: string, member: Member, shape: Shape): Plan {
  const [first, ...rest] = addMember(member, shape)
  return [
    ...(first ? [step(first, ...deleteMember(member))] : []),
    ...rest.map((command) => step(command)),
    ...redirectIngress(hostEnd, member.medium).map((command) => step(command)),
  ]
}

/** Offload packets no longer than a millisecond of the upload rate, from one frame to the 64 KB that a kernel makes at most. */
export function planOffload(peerEnd: string, shape: Shape, mtu: number): Plan {
  const bytes = Math.ceil((shape.rate / 8) * OFFLOAD_TIME)
  if (bytes >= 65_536) return []
  return [step(limitOffload(peerEnd, Math.max(mtu, bytes), Math.max(1, Math.floor(bytes / mtu))))]
}
