import type { Engine } from '../engine.ts'
import type { Roles } from './roles.ts'
import type { Surroundings } from './surroundings.ts'
import type { Stage } from './world.ts'

/** A driver in an engine. */
export interface Driver {
  readonly engine: Engine
  readonly driver: string
  /** Tells this driver's names, ports and subnets from the other's: 0 or 1. */
  readonly index: number
  readonly surroundings: Surroundings
  readonly roles: Roles
  /** How many worlds there have been that needed something of their own; fewer than 300. */
  worlds: number
}

/** What a group makes with one driver. */
export interface Side extends Omit<Driver, 'worlds'> {
  /** Another number for each world. */
  readonly next: () => number
  readonly containers: string[]
  readonly networks: string[]
  readonly undos: (() => Promise<void>)[]
  readonly shared: Map<Stage<unknown>, Promise<unknown>>
}

export const openSide = (driver: Driver): Side => ({
  ...driver,
  next: () => {
    driver.worlds += 1
    return driver.worlds
  },
  containers: [],
  networks: [],
  undos: [],
  shared: new Map(),
})
