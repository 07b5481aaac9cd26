import { type Command, tc } from '../command.ts'
import { kindOf, type Qdisc } from './kinds.ts'

/** A qdisc in its place. */
export interface Placed {
  readonly device: string
  /** `root`, or the class it hangs under */
  readonly parent: string
  readonly handle: string
  readonly qdisc: Qdisc
}

/**
 * Puts a qdisc in its place: `replace` is a change in place on one that is there, and an add where there is
 * none.
 *
 * @see https://man7.org/linux/man-pages/man8/tc.8.html
 */
export function place({ device, parent, handle, qdisc }: Placed): Command {
  const where = parent === 'root' ? 'root' : `parent ${parent}`
  const words = kindOf(qdisc).words(qdisc)
  return { program: 'tc', line: `${tc`qdisc replace dev ${device}`.line} ${where} handle ${handle} ${words}` }
}
