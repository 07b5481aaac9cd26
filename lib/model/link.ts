import type { QueueName } from '../kernel/tc/kinds.ts'

/** Parameters of packet loss in bursts, in percent. Omitted ones have netem's default. */
export interface LossModel {
  readonly model: 'gemodel' | 'state'
  /** `gemodel`: p, r, 1-h, 1-k. `state`: p13, p31, p32, p23, p14 */
  readonly percents: readonly number[]
}

export type Distribution = 'uniform' | 'normal' | 'pareto' | 'paretonormal'

/** Options of one link, by their names. Absent: not limited, not impaired. */
export interface LinkOptions {
  /** bit/s */
  readonly rate?: number
  readonly 'rate.up'?: number
  readonly 'rate.down'?: number
  /** bytes */
  readonly burst?: number
  readonly queue?: QueueName
  /** microseconds */
  readonly 'queue.limit'?: number
  /** microseconds, one way */
  readonly delay?: number
  readonly 'delay.up'?: number
  readonly 'delay.down'?: number
  readonly jitter?: number
  /** percent */
  readonly 'delay.correlation'?: number
  readonly 'delay.distribution'?: Distribution
  /** percent */
  readonly loss?: number
  readonly 'loss.up'?: number
  readonly 'loss.down'?: number
  readonly 'loss.correlation'?: number
  readonly 'loss.model'?: LossModel
  /** percent */
  readonly duplicate?: number
  readonly corrupt?: number
  readonly reorder?: number
  /** packets */
  readonly 'reorder.gap'?: number
  /** each attachment derives its own seed from this one and from its address */
  readonly seed?: number
  /** bit/s: its guaranteed part of the network's shared rate */
  readonly min?: number
  /** 0 (first) to 7 */
  readonly priority?: number
}
