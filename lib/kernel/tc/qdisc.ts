import { type Command, tc } from '../command.ts'
import { kindOf, type Qdisc } from './kinds.ts'

/** A qdisc and its place. */
export interface Placed {
  readonly device: string
  /** `root`, or the class it hangs under */
  readonly parent: string
  readonly handle: string
  readonly qdisc: Qdisc
}

/**
 * Sets a qdisc: `replace` changes an existing one in place, or adds a new one.
 *
 * @see https://man7.org/linux/man-pages/man8/tc.8.html
 */
export function place({ device, parent, handle, qdisc }: Placed): Command {
  const where = parent === 'root' ? 'root' : `parent ${parent}`
  const words = kindOf(qdisc).words(qdisc)
  return { program: 'tc', line: `${tc`qdisc replace dev ${device}`.line} ${where} handle ${handle} ${words}` }
}
