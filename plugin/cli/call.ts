import type { Flags, Lists, Values } from './flags.ts'
import type { Style } from './print/table.ts'

/** Docker's options, given before the command. */
export interface Globals {
  readonly host?: string
  readonly context?: string
  /** folder of Docker's client, in place of ~/.docker */
  readonly config?: string
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface Output {
  write(text: string): void
  /** A line for the person, which is no part of the result. */
  warn(line: string): void
  readonly isTerminal: boolean
  /** lines of the terminal */
  readonly rows: () => number
  /** columns of the terminal; undefined where the output is no terminal, and a line as long as it likes */
  readonly columns: () => number | undefined
  /** In colour where that is wanted; else the text as it is. */
  readonly paint: (style: Style, text: string) => string
}

/** One command as it was called. */
export interface Call {
  readonly args: readonly string[]
  readonly flags: Values
  /** of flags that may be given again and again */
  readonly lists: Lists
  readonly globals: Globals
  readonly environment: Environment
  readonly output: Output
}

export type Run = (call: Call) => Promise<void>

/** What an argument stands for: decides what completion offers. */
export type Argument = 'network' | 'target' | 'setting' | 'key' | 'file'

export type Sections = Readonly<Record<string, readonly (readonly [string, string])[]>>

export interface Command {
  readonly name: string
  /** what follows `docker sluice NAME [OPTIONS]` */
  readonly usage: string
  readonly summary: string
  readonly examples?: readonly string[]
  readonly flags: Flags
  /** in order; the last one stands for all that follow it */
  readonly args: readonly Argument[]
  readonly least: number
  readonly most: number
  readonly load: () => Promise<Run>
  /**
   * What more its help has, and is printed too where nothing is given: titles, and rows of name and meaning.
   */
  readonly more?: () => Promise<Sections>
}
