import type { Engine, Version } from '../engine.ts'
import type { Stage, World } from './world.ts'

/** Something that a driver does, seen from outside. */
export interface Behaviour {
  /** Unique; the key of `differences`. */
  readonly name: string
  /** The engines on which there is something to see; all when left out. */
  readonly needs?: readonly Version[]
  /** A short text that does not tell drivers, runs or machines apart unless they behave differently. */
  readonly observe: (world: World) => Promise<string>
}

/** Behaviours that may share what `World.share` sets up for them. */
export interface Group {
  readonly name: string
  readonly behaviours: readonly Behaviour[]
  /**
   * What is set up for all drivers before anything is observed; nothing else is made or removed while it is.
   */
  readonly stages?: readonly Stage<unknown>[]
  /** What happens to the engine itself when the stages are set up. */
  readonly event?: (engine: Engine) => Promise<void>
  /** One behaviour of one driver after the other: each looks at the host as a whole. */
  readonly alone?: true
}

/** What was seen, by driver in the order in which they were named. */
export interface Seen {
  readonly name: string
  readonly group: string
  readonly answers: readonly string[]
}

export const NEWER: readonly Version[] = ['26.1', '28.5']
export const NEWEST: readonly Version[] = ['28.5']
