import { createHash } from 'node:crypto'
import { MOST, type QueueKind } from '../../kernel/tc/kinds/kind.ts'
import type { Netem } from '../../kernel/tc/kinds/netem.ts'
import { type Queue, type QueueName, queueKind } from '../../kernel/tc/kinds.ts'
import type { LinkOptions } from '../../model/link.ts'
import { frameOf } from '../../values/frame.ts'
import { OPEN } from '../../values/units.ts'

/** The abilities of the kernel and tc that a shape depends on. */
export interface Abilities {
  readonly netem: boolean
  readonly queues: readonly QueueName[]
}

/** One direction of a link: its cap, its impairments and its queue. */
export interface Shape {
  /** bit/s; OPEN where there is no cap */
  readonly rate: number
  /** bytes sent at full speed after an idle period; at least a frame */
  readonly burst: number
  /** bytes that the queue may hold */
  readonly limit: number
  /**
   * bytes: larger offload packets are cut into frames, before anything else happens to them. It is one frame
   * up to 1 Gbit/s and wherever packets are impaired, so that loss and delay apply to single packets. It also
   * keeps a change to a smaller bucket from leaving a packet in it that no longer fits (tbf would stop for
   * good).
   */
  readonly segment: number
  /**
   * present on every kernel that supports it, idle if nothing is impaired: adding it later would drop the
   * packets in the queue
   */
  readonly netem?: Netem
  readonly queue: Queue
}

/**
 * seconds of sending that a bucket holds: one tick of the slowest kernel clock in use (HZ=250); a smaller one
 * misses the rate
 */
export const BURST_TIME = 4e-3
/** microseconds that a packet may wait under the cap, unless `queue.limit` is set */
const QUEUE_TIME = 10e3
/** bytes of a 64 KiB datagram's fragments. Dropping one makes the others useless. */
const DATAGRAM = 70_000
/**
 * seconds: a datagram gets no more room than the link sends in this time, because CoDel drops packets that
 * wait longer than its interval
 */
const DATAGRAM_TIME = 0.15
/** bytes: fq_codel's own default, and the most host memory that a long path may use */
const MOST_ROOM = 2 ** 25
/**
 * microseconds: CoDel's default interval, a long round trip (RFC 8289, 4.4), to which delays are added; and
 * the longest interval
 */
const [INTERVAL, LONGEST_INTERVAL] = [100e3, 100e6]
/** bytes of the largest offload packet that the kernel makes by itself, with its headers */
const LARGEST = 65_536 + 64
/**
 * bit/s up to which offload packets are cut, since that costs little there; tc-cake(8) uses the same
 * threshold (split-gso)
 */
const SPLIT_RATE = 1e9
const SMALLEST_FRAME = 64
/** packets a second: the processor that handles one link passes no more, whatever the rate */
const MOST_PACKETS = 1e6

/** bytes beyond whole frames: if an ARP reply never fits into a full queue, the whole link fails */
const ROOM = 512

/** The options of one direction. Absent: not limited, not impaired. */
export interface DirectionOptions {
  /** bit/s */
  readonly rate?: number | undefined
  /** bytes */
  readonly burst?: number | undefined
  readonly queue?: QueueName | undefined
  /** microseconds */
  readonly wait?: number | undefined
  /** microseconds that the link's own delays add to a round trip */
  readonly roundTrip?: number | undefined
  readonly impairment: Impairment
}

export type Impairment = Omit<Netem, 'kind' | 'limit'>

const NONE: Impairment = {
  delay: 0,
  jitter: 0,
  correlation: 0,
  loss: 0,
  lossCorrelation: 0,
  duplicate: 0,
  corrupt: 0,
  reorder: 0,
  gap: 0,
}

/**
 * Computes the shape of one direction.
 *
 * The default burst is max(2·(MTU+14), rate·4 ms): a smaller one misses the rate, a larger one adds latency.
 * The queue holds 10 ms, and at least the burst and four frames, without which TCP cannot keep a slow link
 * busy. It holds up to 20 ms while that is less than 16 frames, without which eight connections leave the
 * link idle.
 *
 * @param mtu bytes, of the link
 */
export function shapeOf(options: DirectionOptions, mtu: number, abilities: Abilities): Shape {
  const { impairment, wait = QUEUE_TIME, rate = OPEN } = options
  const frame = frameOf(mtu)
  const bytes = (seconds: number): number => Math.ceil((rate / 8) * seconds)
  const open = rate === OPEN
  const burst = options.burst ?? (open ? 2 ** 20 : Math.max(2 * frame, bytes(BURST_TIME)))
  const least =
    options.wait === undefined
      ? Math.max(burst + 4 * frame, Math.min(16 * frame, bytes((2 * QUEUE_TIME) / 1e6)))
      : 4 * frame
  const limit = open ? 2 ** 24 : Math.min(MOST, Math.max(bytes(wait / 1e6), least) + ROOM)
  const kind = queueKind(options.queue, abilities.queues)
  const wide = rate > SPLIT_RATE && isIdle(impairment) && kind.counts === 'bytes'
  const hold = (impairment.delay + 4 * impairment.jitter) / 1e6
  const held =
    Math.min(MOST_PACKETS, rate / 8 / SMALLEST_FRAME) * hold + Math.min(limit, 2 ** 20) / SMALLEST_FRAME
  return {
    rate,
    burst,
    limit,
    segment: wide ? LARGEST : frame,
    ...(abilities.netem
      ? { netem: { kind: 'netem', limit: Math.min(MOST, Math.ceil(held) + 1000), ...impairment } }
      : {}),
    queue: queueOf(kind, { rate, limit, frame, wait: options.wait, roundTrip: options.roundTrip }),
  }
}

const isIdle = ({ delay, loss, lossModel, duplicate, corrupt, reorder }: Impairment): boolean =>
  delay === 0 && loss === 0 && !lossModel && duplicate === 0 && corrupt === 0 && reorder === 0

/** The values that a queue under a cap is sized by. */
interface Waiting {
  /** bit/s */
  readonly rate: number
  /** bytes that a plain queue may hold */
  readonly limit: number
  /** bytes of the largest frame */
  readonly frame: number
  /** microseconds, as the user gave it */
  readonly wait?: number | undefined
  /** microseconds that the link's own delays add to a round trip */
  readonly roundTrip?: number | undefined
}

/** The queue under a cap. */
function queueOf(kind: QueueKind<Queue>, waiting: Waiting): Queue {
  const { limit, frame, wait = QUEUE_TIME, roundTrip = 0 } = waiting
  const interval = Math.min(LONGEST_INTERVAL, INTERVAL + 2 * roundTrip)
  return kind.fill({ limit, frame, wait, interval, burst: roomOf(waiting) })
}

/**
 * Bytes of room in a queue that keeps the wait short by dropping packets from standing queues, and that lets
 * short flows pass long ones. The room is for bursts: a datagram's fragments, and what TCP sends in a round
 * trip, without which a long path stays half empty.
 */
function roomOf({ rate, limit, wait, roundTrip = 0 }: Waiting): number {
  if (wait !== undefined) return limit
  const bytes = (seconds: number): number => Math.ceil((rate / 8) * seconds)
  const path = Math.min(MOST_ROOM, bytes(roundTrip / 1e6))
  return Math.max(limit, path, Math.min(DATAGRAM, bytes(DATAGRAM_TIME)))
}

/**
 * The shape of what a member sends through the uplink: the narrower cap, and the impairments of both. A loss
 * model cannot be added to random loss, so a member's loss model replaces the uplink's loss.
 *
 * @param options of the member, in force
 */
export function outwardShape(
  options: LinkOptions,
  own: Shape,
  uplink: Shape,
  { mtu, abilities }: Pick<ShapeContext, 'mtu' | 'abilities'>,
): Shape {
  const [a, b] = [own.netem ?? NONE, uplink.netem ?? NONE]
  const rate = Math.min(own.rate, uplink.rate)
  const impairment: Impairment = {
    ...NONE,
    ...impairmentPart(a),
    delay: a.delay + b.delay,
    jitter: a.jitter + b.jitter,
    loss: a.lossModel ? 0 : 100 * (1 - (1 - a.loss / 100) * (1 - b.loss / 100)),
  }
  const { queue, 'queue.limit': wait } = options
  const roundTrip = 2 * impairment.delay
  return shapeOf(
    { rate: rate === OPEN ? undefined : rate, queue, wait, roundTrip, impairment },
    mtu,
    abilities,
  )
}

/** Omits netem's own kind and limit, which shapeOf() sets. */
function impairmentPart(netem: Impairment): Impairment {
  const { kind: _, limit: __, ...rest } = netem as Netem
  return rest
}

type Direction = 'up' | 'down'

/** What a link's shapes depend on besides its options. */
export interface ShapeContext {
  /** bytes */
  readonly mtu: number
  /** bit/s of the network's shared rate */
  readonly shared?: number | undefined
  /**
   * directions that keep their qdiscs, uncapped, once they have had any: removing a root qdisc drops packets
   */
  readonly kept?: { readonly up?: boolean; readonly down?: boolean } | undefined
  /** distinguishes this link from others with the same seed */
  readonly seedOf: string
  readonly abilities: Abilities
}

/**
 * Computes the shape of each direction; `up` is what the container sends.
 *
 * @param options as inForce() returns them
 */
export function linkShapes(options: LinkOptions, context: ShapeContext): { up?: Shape; down?: Shape } {
  const { mtu, shared, kept, abilities } = context
  const shape = (direction: Direction): Shape | undefined => {
    const impairment = impairmentOf(options, direction, context)
    const own = options[`rate.${direction}`]
    const rate = direction === 'up' && shared !== undefined ? Math.min(shared, own ?? shared) : own
    if (rate === undefined && !kept?.[direction] && isIdle(impairment)) return undefined
    const { burst, queue, 'queue.limit': wait } = options
    const roundTrip = (options['delay.up'] ?? 0) + (options['delay.down'] ?? 0)
    return shapeOf(
      { rate, burst: own === undefined ? undefined : burst, queue, wait, roundTrip, impairment },
      mtu,
      abilities,
    )
  }
  const up = shape('up')
  const down = shape('down')
  return { ...(up ? { up } : {}), ...(down ? { down } : {}) }
}

function impairmentOf(options: LinkOptions, direction: Direction, { seedOf }: ShapeContext): Impairment {
  const delay = options[`delay.${direction}`] ?? 0
  const model = options['loss.model']
  const distribution = options['delay.distribution']
  const jitter = delay > 0 ? (options.jitter ?? 0) : 0
  const reorder = delay > 0 ? (options.reorder ?? 0) : 0
  const impairment: Impairment = {
    ...NONE,
    delay,
    jitter,
    correlation: jitter > 0 ? (options['delay.correlation'] ?? 0) : 0,
    ...(jitter > 0 && distribution && distribution !== 'uniform' ? { distribution } : {}),
    loss: options[`loss.${direction}`] ?? 0,
    lossCorrelation: options['loss.correlation'] ?? 0,
    ...(model ? { lossModel: model } : {}),
    duplicate: options.duplicate ?? 0,
    corrupt: options.corrupt ?? 0,
    reorder,
    gap: reorder > 0 ? (options['reorder.gap'] ?? 0) : 0,
  }
  if (options.seed === undefined || isIdle(impairment)) return impairment
  return { ...impairment, seed: deriveSeed(options.seed, `${seedOf}/${direction}`) }
}

/**
 * Derives a seed from the network's seed and the link's name. netem takes 64 bits, but JSON keeps only 53.
 */
export const deriveSeed = (seed: number, name: string): number =>
  createHash('sha256').update(`${seed}/${name}`).digest().readUIntBE(0, 6)
