import type { LinkOptions } from '../../model/link.ts'
import { frameOf } from '../../values/frame.ts'
import { formatRate } from '../../values/units.ts'

type Key = keyof LinkOptions

/** Keys that set both directions, unless their own layer names one direction. */
const BOTH = ['rate', 'delay', 'loss'] as const

/** Replaces `rate`, `delay` and `loss` by their values for each direction. */
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
 * The options in force, key by key: a later layer's override an earlier one's. A layer's `rate` sets both
 * directions, even if an earlier layer set only one. A loss model replaces random loss, and random loss
 * replaces a loss model.
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

/** Keys that impair packets when they are above zero, which only netem can do. */
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

/** @returns the first option that impairs packets, if any; an impairment of zero needs no netem */
export const impairmentOf = (options: LinkOptions): Key | undefined =>
  IMPAIRMENTS.find((key) => (options[key] ?? 0) > 0) ??
  (options['loss.model']?.percents.some((percent) => percent > 0) ? 'loss.model' : undefined)

/** Rows of: keys, the keys of which they need at least one, and these in words for the error. */
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
/** seconds: the kernel stores a burst as a time, in 32 bits with units of 64 ns */
const LONGEST_BURST = 250

/** The settings that a link's options are checked against. */
export interface LinkContext {
  /** bytes */
  readonly mtu: number
  /** bit/s; absent where the network has no shared rate */
  readonly shared?: number | undefined
  readonly uplink?: LinkOptions | undefined
  readonly kept?: { readonly up?: boolean } | undefined
}

/** Whether everything that members send must pass one tree: for a shared rate or a shaped uplink. */
export const needsTree = ({ shared, uplink = {}, kept }: Omit<LinkContext, 'mtu'>): boolean =>
  shared !== undefined ||
  kept?.up === true ||
  (['rate', 'rate.up', 'delay', 'loss'] as const).some((key) => uplink[key] !== undefined)

/**
 * What is wrong with a combination of individually valid options.
 *
 * @returns the option's name and what was expected, or undefined when nothing is wrong
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
  // Linux accepts a netem that duplicates only if the tree has no other netem.
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
