import type { Engine } from '../support/engine.ts'

/** What every part of the benchmark is given. */
export interface Bench {
  readonly engine: Engine
  /** Rounds that count, of each thing that is compared. */
  readonly runs: number
  /** Also measure the managed plugin of `build/plugin`, on an engine of its own. */
  readonly managed: boolean
}

/** A table for people, and what it was made of for programs. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Every value measured, by what it is of. */
  readonly samples: Readonly<Record<string, readonly number[]>>
}

/** One part of the benchmark. It leaves the engine as it found it. */
export type Part = (bench: Bench) => Promise<Table[]>

/** The plugin as it runs in production: not a line a call. */
export const QUIET = { LOG_LEVEL: 'info' }
