import type { Test } from 'tap'
import { addresses } from './core/addresses.ts'
import { compose } from './core/compose.ts'
import { reach } from './core/reach.ts'
import { refusals } from './core/refusals.ts'
import { shaping } from './core/shaping.ts'
import { type Lab, prove } from './lab.ts'

/** What holds on every engine, however the product runs there. */
export const provesCore = (t: Test, lab: Lab): Promise<void> =>
  prove(t, lab, [...refusals, ...addresses, ...reach, ...shaping, ...compose])
