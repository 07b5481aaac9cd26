/**
 * A qdisc's options in the names and units of `tc -j`: rates in bytes per second, times in seconds, shares
 * from 0 to 1.
 */
export type ShownOptions = Readonly<Record<string, unknown>>

/** A value to verify: its name, what tc shows, what we set, and by how much rounding may change it. */
export type Check = readonly [name: string, is: unknown, wanted: number, slack?: number]

/** All that we know of a kind of qdisc. Each kind has its own file, listed in `kinds.ts`. */
export interface QdiscKind<Q extends { readonly kind: string }> {
  /** tc's name for it */
  readonly kind: Q['kind']
  /** the kernel module that provides it */
  readonly module: string
  /** Only on a kind that some kernels lack: tc's arguments that test for it. */
  readonly probe?: string
  /** tc's arguments, from the kind's name on. */
  words(qdisc: Q): string
  /** The values to verify; `options` are those that tc shows. */
  checks(qdisc: Q, options: ShownOptions): readonly Check[]
  /**
   * The first of its handle's four hexadecimal digits; the others number the link. The kernel does not change
   * the kind of an existing handle, so each kind has its own digit. So does each form of a kind that the
   * kernel does not change into another.
   *
   * @param wide whether it is under a bucket that lets the largest offload packets through
   */
  base(qdisc: Q, wide: boolean): number
}

/** A kind of qdisc in which packets wait under a cap. */
export interface QueueKind<Q extends { readonly kind: string }> extends QdiscKind<Q> {
  /** Only on a kind that a user may choose as `queue`: other names for it. */
  readonly aliases?: readonly string[]
  /** If the user names none, we take the first automatic kind that the kernel has. */
  readonly isAutomatic: boolean
  /** the unit of its limit */
  readonly counts: 'bytes' | 'packets'
  fill(room: Room): Q
}

/** The room that a queue has. */
export interface Room {
  /** bytes that may wait */
  readonly limit: number
  /** bytes that may wait in a queue that drops standing packets, and so may have more room than `limit` */
  readonly burst: number
  /** bytes of the largest frame */
  readonly frame: number
  /** microseconds that a packet may wait */
  readonly wait: number
  /** microseconds: a queue that only stood for a moment empties within this time */
  readonly interval: number
}

/** bytes or packets: the largest limit that tc and the kernel can store */
export const MOST = 2 ** 32 - 1
