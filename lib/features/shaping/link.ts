import type { LinkOptions } from '../../model/link.ts'
import { frameOf } from '../../values/frame.ts'
import { formatRate } from '../../values/units.ts'

type Key = keyof LinkOptions

/** What stands for both directions where its own layer does not name one. */
const BOTH = ['rate', 'delay', 'loss'] as const

/** `rate`, `delay` and `loss` as what they mean in each direction. */
export function byDirection(options: LinkOptions): LinkOptions {
  const result: Partial<Record<Key, unknown>> = { ...options }
  for (const key of BOTH) {
    if (options[key] === undefined) continue
    result[`${key}.up`] = options[`${key}.up`] ?? options[key]
    result[`${key}.down`] = options[`${key}.down`] ?? options[key]
    delete result[key]
  }
  return result as LinkOptions
}

const RANDOM_LOSS = ['loss', 'loss.up', 'loss.down', 'loss.correlation'] as const

/**
 * The options in force, key by key: a later layer's stand over an earlier one's. A layer's `rate` sets both
 * directions, whatever the layers below it said of one; a loss model takes the place of random loss, and the
 * other way round.
 */
export function inForce(...layers: readonly LinkOptions[]): LinkOptions {
  const result: Partial<Record<Key, unknown>> = {}
  for (const layer of layers) {
    if (layer['loss.model']) for (const key of RANDOM_LOSS) delete result[key]
    if (RANDOM_LOSS.some((key) => layer[key] !== undefined)) delete result['loss.model']
    Object.assign(result, byDirection(layer))
  }
  return result as LinkOptions
}

/** Keys that do something to packets where they are more than zero, which only netem can carry out. */
const IMPAIRMENTS = [
  'delay',
  'delay.up',
  'delay.down',
  'jitter',
  'loss',
  'loss.up',
  'loss.down',
  'duplicate',
  'corrupt',
  'reorder',
] as const satisfies readonly Key[]

/** @returns the first option that impairs packets, if any does: what comes to nothing needs no netem */
export const impairmentOf = (options: LinkOptions): Key | undefined =>
  IMPAIRMENTS.find((key) => (options[key] ?? 0) > 0) ??
  (options['loss.model']?.percents.some((percent) => percent > 0) ? 'loss.model' : undefined)

/** What a key needs beside it, and how the need is worded. */
const NEEDS: readonly (readonly [readonly Key[], readonly Key[], string])[] = [
  [['burst', 'queue', 'queue.limit'], ['rate', 'rate.up', 'rate.down'], 'rate, rate.up or rate.down'],
  [['jitter', 'reorder'], ['delay', 'delay.up', 'delay.down'], 'delay, delay.up or delay.down'],
  [['delay.correlation', 'delay.distribution'], ['jitter'], 'jitter'],
  [['loss.correlation'], ['loss', 'loss.up', 'loss.down'], 'loss, loss.up or loss.down'],
  [['reorder.gap'], ['reorder'], 'reorder'],
  [
    ['seed'],
    ['jitter', 'loss', 'loss.up', 'loss.down', 'loss.model', 'duplicate', 'corrupt', 'reorder'],
    'jitter, loss, loss.model, duplicate, corrupt or reorder',
  ],
]

const RATES = ['rate', 'rate.up', 'rate.down'] as const
/** seconds: the kernel keeps a burst as its time in 32 bits of 64 ns */
const LONGEST_BURST = 250

/** What surrounds a link's options when they are checked. */
export interface LinkContext {
  /** bytes */
  readonly mtu: number
  /** bit/s; absent where the network has no shared rate */
  readonly shared?: number | undefined
  readonly uplink?: LinkOptions | undefined
  readonly kept?: { readonly up?: boolean } | undefined
}

/** Whether all that members send has to pass one tree: for what they share, or for where it goes. */
export const needsTree = ({ shared, uplink = {}, kept }: Omit<LinkContext, 'mtu'>): boolean =>
  shared !== undefined ||
  kept?.up === true ||
  (['rate', 'rate.up', 'delay', 'loss'] as const).some((key) => uplink[key] !== undefined)

/**
 * What is wrong with options that are each well for themselves.
 *
 * @returns the option's name and what was expected, or undefined when nothing is
 */
export function linkFault(options: LinkOptions, context: LinkContext): [Key, string] | undefined {
  const { mtu, shared } = context
  const has = (key: Key): boolean => options[key] !== undefined
  for (const [keys, needed, words] of NEEDS) {
    const lone = keys.find((key) => has(key) && options[key] !== 0)
    const capped = shared !== undefined && needed.includes('rate')
    if (lone && !capped && !needed.some(has)) return [lone, `expected together with ${words}`]
  }
  if (has('loss.model') && RANDOM_LOSS.some(has))
    return ['loss.model', 'expected without loss, loss.up, loss.down and loss.correlation']
  // Linux takes a netem that duplicates only where no other stands in the same tree.
  if (needsTree(context) && (options.duplicate ?? 0) > 0)
    return ['duplicate', 'expected on a network without network.rate and without a shaped uplink']
  for (const key of ['min', 'priority'] as const)
    if (has(key) && shared === undefined) return [key, 'expected on a network with network.rate']
  if (shared !== undefined && options.min !== undefined && options.min > shared)
    return [
      'min',
      `expected at most the network.rate of ${formatRate(shared)}, got ${formatRate(options.min)}`,
    ]
  const up = options['rate.up'] ?? options.rate
  if (up !== undefined && options.min !== undefined && options.min > up)
    return ['min', `expected at most the rate.up of ${formatRate(up)}, got ${formatRate(options.min)}`]
  if (options.burst !== undefined && options.burst < frameOf(mtu))
    return [
      'burst',
      `expected at least one frame, ${frameOf(mtu)} bytes at an MTU of ${mtu}, got ${options.burst}`,
    ]
  const slowest = Math.min(...RATES.map((key) => options[key] ?? Number.POSITIVE_INFINITY))
  if (options.burst !== undefined && (options.burst * 8) / slowest > LONGEST_BURST)
    return ['burst', `expected at most ${LONGEST_BURST} s of sending at the rate, got ${options.burst} bytes`]
  return undefined
}
