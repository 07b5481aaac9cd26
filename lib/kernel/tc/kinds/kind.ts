/**
 * What tc shows of a qdisc, as `tc -j` names and prints it: rates in bytes a second, times in seconds, shares
 * of 1.
 */
export type ShownOptions = Readonly<Record<string, unknown>>

/** One value that reads back: its name, what tc shows, what was set, and by how much rounding may move it. */
export type Check = readonly [name: string, is: unknown, wanted: number, slack?: number]

/** All that we know of a kind of qdisc. One file a kind, listed in `kinds.ts`. */
export interface QdiscKind<Q extends { readonly kind: string }> {
  /** tc's name for it */
  readonly kind: Q['kind']
  /** the kernel module that it comes with */
  readonly module: string
  /** Only on a kind that some kernels lack: what tc is told to find out. */
  readonly probe?: string
  /** What tc is told, from the kind's name on. */
  words(qdisc: Q): string
  /** What must read back; `options` are those that tc shows. */
  checks(qdisc: Q, options: ShownOptions): readonly Check[]
  /**
   * What its handle begins with, of four hexadecimal digits; the rest numbers the link. A handle cannot
   * change its kind, so that each kind has its own, and so has each form of a kind that the kernel does not
   * change into another.
   *
   * @param wide whether it stands under a bucket that lets the largest offload packets through
   */
  base(qdisc: Q, wide: boolean): number
}

/** A kind of qdisc in which packets wait under a cap. */
export interface QueueKind<Q extends { readonly kind: string }> extends QdiscKind<Q> {
  /** Only on a kind that a user may choose as `queue`: other words for it. */
  readonly aliases?: readonly string[]
  /** Where the user names none, the first automatic kind that the kernel has. */
  readonly isAutomatic: boolean
  /** what its limit counts */
  readonly counts: 'bytes' | 'packets'
  fill(room: Room): Q
}

/** What a queue is made for. */
export interface Room {
  /** bytes that may wait */
  readonly limit: number
  /** bytes for a queue that drops what stands, and so may have more room than `limit` */
  readonly burst: number
  /** bytes of the largest frame */
  readonly frame: number
  /** microseconds that a packet may wait */
  readonly wait: number
  /** microseconds: within one, a queue that only stood for a moment has emptied */
  readonly interval: number
}

/** bytes, or packets: what tc and the kernel keep a limit in */
export const MOST = 2 ** 32 - 1
