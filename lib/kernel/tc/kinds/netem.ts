import { tc } from '../../command.ts'
import type { Check, QdiscKind, ShownOptions } from './kind.ts'

/** netem's parameters. Durations in microseconds, shares in percent. */
export interface Netem {
  readonly kind: 'netem'
  /** packets that may be held; more are dropped */
  readonly limit: number
  readonly delay: number
  readonly jitter: number
  readonly correlation: number
  /** absent: uniform */
  readonly distribution?: string
  readonly loss: number
  readonly lossCorrelation: number
  /** instead of random loss: `gemodel` or `state` and its percents */
  readonly lossModel?: { readonly model: string; readonly percents: readonly number[] }
  readonly duplicate: number
  readonly corrupt: number
  readonly reorder: number
  /** packets; 0 without reordering */
  readonly gap: number
  /** absent: the kernel draws one */
  readonly seed?: number
}

/** @see https://man7.org/linux/man-pages/man8/tc-netem.8.html */
export const netem = {
  kind: 'netem',
  module: 'sch_netem',
  probe: 'netem delay 1ms',
  words: wordsOf,
  checks: checksOf,
  base: ({ distribution = 'uniform' }, wide) => (wide ? WIDE_BASE : (BASES[distribution] ?? 0)),
} as const satisfies QdiscKind<Netem>

/**
 * Tests whether netem accepts a seed. An older kernel ignores an unknown option, so tc must also show the
 * seed.
 */
export const SEED_PROBE = { words: 'netem delay 1ms seed 1', shown: /"seed":1[,}]/ }

/**
 * Each distribution has its own base: a change cannot remove a distribution, and tc does not show which one
 * is set.
 */
const BASES: Readonly<Record<string, number>> = {
  uniform: 0x1000,
  normal: 0x7000,
  pareto: 0x8000,
  paretonormal: 0x9000,
}
/** For a netem under a wide bucket: the two are replaced together. */
const WIDE_BASE = 0xb000

/**
 * Correlations, corrupt and reorder are always passed: a change keeps any of them that is omitted
 * (net/sched/sch_netem.c).
 */
function wordsOf(netem: Netem): string {
  const { delay, jitter, correlation, distribution, loss, lossCorrelation, lossModel, gap, seed } = netem
  return [
    tc`netem limit ${netem.limit} delay ${delay}us ${jitter}us ${correlation}%`.line,
    ...(distribution ? [tc`distribution ${distribution}`.line] : []),
    lossModel
      ? `loss ${lossModel.model} ${lossModel.percents.map((percent) => `${percent}%`).join(' ')}`
      : tc`loss random ${loss}% ${lossCorrelation}%`.line,
    tc`duplicate ${netem.duplicate}% corrupt ${netem.corrupt}% reorder ${netem.reorder}%`.line,
    ...(gap > 0 ? [tc`gap ${gap}`.line] : []),
    ...(seed === undefined ? [] : [tc`seed ${seed}`.line]),
  ].join(' ')
}

/** tc's names for a loss model's percents, in their order. */
const MODELS = { gemodel: ['p', 'r', '1-h', '1-k'], state: ['p13', 'p31', 'p32', 'p23', 'p14'] } as const

const part = (options: ShownOptions, group: string, key: string): unknown =>
  (options[group] as ShownOptions | undefined)?.[key]

/** Compares a correlation only if tc shows its parameter, which checksOf() compares. */
const correlationChecks = (netem: Netem, options: ShownOptions): Check[] =>
  Object.entries({
    delay: netem.correlation,
    'loss-random': netem.lossCorrelation,
    duplicate: 0,
    corrupt: 0,
    reorder: 0,
  }).flatMap(([group, percent]) =>
    options[group] === undefined
      ? []
      : [[`${group} correlation`, part(options, group, 'correlation'), percent / 100, 1e-9]],
  )

/** Times in s, shares from 0 to 1: netem keeps shares in 32 bits, and tc prints six digits. */
function checksOf(netem: Netem, options: ShownOptions): Check[] {
  const model = netem.lossModel
  return [
    ['limit', options.limit, netem.limit],
    ['delay', part(options, 'delay', 'delay'), netem.delay / 1e6, 1e-6],
    ['jitter', part(options, 'delay', 'jitter'), netem.jitter / 1e6, 1e-6],
    ['loss', part(options, 'loss-random', 'loss'), netem.loss / 100, 1e-9],
    ['duplicate', part(options, 'duplicate', 'duplicate'), netem.duplicate / 100, 1e-9],
    ['corrupt', part(options, 'corrupt', 'corrupt'), netem.corrupt / 100, 1e-9],
    ['reorder', part(options, 'reorder', 'reorder'), netem.reorder / 100, 1e-9],
    // Without a gap, tc makes every packet a candidate.
    ['gap', options.gap, netem.reorder > 0 ? netem.gap || 1 : 0],
    ...correlationChecks(netem, options),
    ...Object.entries(MODELS).flatMap(([name, keys]) =>
      (model?.model === name ? model.percents : [0]).map((percent, index): Check => {
        const key = keys[index] ?? ''
        return [`loss ${name} ${key}`, part(options, `loss-${name}`, key), percent / 100, 1e-9]
      }),
    ),
    ...(netem.seed === undefined ? [] : [['seed', Number(options.seed === netem.seed), 1] as const]),
  ]
}
