import type { LinkOptions, LossModel } from '../../../lib/model/link.ts'
import { formatDuration, formatPercent, formatRate } from '../../../lib/values/units.ts'

const size = (bytes: number): string => `${bytes}b`
const model = ({ model: name, percents }: LossModel): string =>
  [name, ...percents.map(formatPercent)].join(':')

/** Formats each option's value so that a user can pass it as an option again. */
const FORMATS: { readonly [K in keyof Required<LinkOptions>]: (value: Required<LinkOptions>[K]) => string } =
  {
    rate: formatRate,
    'rate.up': formatRate,
    'rate.down': formatRate,
    burst: size,
    queue: String,
    'queue.limit': formatDuration,
    delay: formatDuration,
    'delay.up': formatDuration,
    'delay.down': formatDuration,
    jitter: formatDuration,
    'delay.correlation': formatPercent,
    'delay.distribution': String,
    loss: formatPercent,
    'loss.up': formatPercent,
    'loss.down': formatPercent,
    'loss.correlation': formatPercent,
    'loss.model': model,
    duplicate: formatPercent,
    corrupt: formatPercent,
    reorder: formatPercent,
    'reorder.gap': String,
    seed: String,
    min: formatRate,
    priority: String,
  }

/** Options as text, key by key. */
export const formatOptions = (options: LinkOptions): Record<string, string> =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      (FORMATS[key as keyof LinkOptions] as (value: unknown) => string)(value),
    ]),
  )
