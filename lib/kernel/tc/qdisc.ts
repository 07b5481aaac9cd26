import { type Command, tc } from '../command.ts'

/** What netem does to packets. Durations in microseconds, shares in percent. */
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
  /** packets; 0 where nothing is reordered */
  readonly gap: number
  /** absent: the kernel draws one */
  readonly seed?: number
}

/** A token bucket; offload packets larger than `burst` are cut into frames. */
export interface Tbf {
  readonly kind: 'tbf'
  /** bit/s */
  readonly rate: number
  /** bytes */
  readonly burst: number
  /** bytes that may wait, where nothing stands below */
  readonly limit: number
}

/** A queue that packets wait in. */
export type Queue =
  | {
      readonly kind: 'fq_codel'
      /** what packets may take in the kernel's memory */
      readonly bytes: number
      /** bytes */
      readonly quantum: number
      /** microseconds */
      readonly target: number
      /** microseconds: within one, a queue that only stood for a moment has emptied */
      readonly interval: number
    }
  | { readonly kind: 'cake'; readonly bytes: number; readonly interval: number }
  | { readonly kind: 'bfifo'; readonly bytes: number }
  | { readonly kind: 'sfq' | 'pfifo'; readonly packets: number }

export type Qdisc = Tbf | Netem | Queue

/** A qdisc in its place. */
export interface Placed {
  readonly device: string
  /** `root`, or the class it hangs under */
  readonly parent: string
  readonly handle: string
  readonly qdisc: Qdisc
}

/**
 * Puts a qdisc in its place: `replace` is a change in place on one that is there, and an add where there is none.
 *
 * @see https://man7.org/linux/man-pages/man8/tc.8.html
 */
export function place({ device, parent, handle, qdisc }: Placed): Command {
  const words = wordsOf(qdisc)
  const where = parent === 'root' ? 'root' : `parent ${parent}`
  return {
    program: 'tc',
    line: tc`qdisc replace dev ${device}`.line.concat(` ${where} handle ${handle} ${words}`),
  }
}

function wordsOf(qdisc: Qdisc): string {
  switch (qdisc.kind) {
    case 'tbf':
      return tc`tbf rate ${qdisc.rate}bit burst ${qdisc.burst}b limit ${qdisc.limit}b`.line
    case 'netem':
      return netemWords(qdisc)
    case 'fq_codel':
      return tc`fq_codel memory_limit ${qdisc.bytes}b quantum ${qdisc.quantum} target ${qdisc.target}us interval ${qdisc.interval}us drop_batch 8`
        .line
    case 'cake':
      // Without a rate of its own: the bucket above it has that. Cutting offload packets is the bucket's business too.
      return tc`cake unlimited besteffort no-split-gso rtt ${qdisc.interval}us memlimit ${qdisc.bytes}b`.line
    case 'bfifo':
      return tc`bfifo limit ${qdisc.bytes}b`.line
    default:
      return tc`${qdisc.kind} limit ${qdisc.packets}`.line
  }
}

/**
 * Every correlation, and corrupt and reorder, are always said: a change keeps what it does not name (net/sched/sch_netem.c).
 *
 * @see https://man7.org/linux/man-pages/man8/tc-netem.8.html
 */
function netemWords(netem: Netem): string {
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
