import type { Capabilities } from '../../kernel/capabilities.ts'
import {
  NAMED_QUEUES,
  OPTIONAL_KINDS,
  type OptionalKind,
  QDISC_MODULES,
  type QueueName,
} from '../../kernel/tc/kinds.ts'
import type { LinkOptions } from '../../model/link.ts'
import { impairmentOf } from './link.ts'
import type { Abilities } from './shape.ts'

/** The queues that a user may choose as `queue`, the best first. */
export const QUEUES: readonly QueueName[] = NAMED_QUEUES.map(({ kind }) => kind)
/** The queue that each alias stands for. */
export const QUEUE_ALIASES: Readonly<Record<string, QueueName>> = Object.fromEntries(
  NAMED_QUEUES.flatMap(({ kind, aliases }) => aliases.map((alias) => [alias, kind])),
)

/** The capabilities that a shape depends on. */
export const abilitiesOf = ({ qdiscs }: Capabilities): Abilities => ({
  netem: qdiscs.netem,
  queues: QUEUES.filter((kind) => isThere(qdiscs, kind)),
})

/** Kernel modules that are missing and that some option needs. */
export const missingModules = ({ qdiscs }: Capabilities): string[] =>
  OPTIONAL_KINDS.filter(({ kind }) => !qdiscs[kind]).map(({ module }) => module)

/**
 * Finds an option that needs something which the host does not have.
 *
 * @returns the option's name, and what is missing; undefined when nothing is
 */
export function lacking(
  options: LinkOptions,
  { kernel, iproute2, qdiscs, seed }: Capabilities,
): [keyof LinkOptions, string] | undefined {
  const impairment = impairmentOf(options)
  if (impairment && !qdiscs.netem) return [impairment, needs('netem', kernel)]
  const { queue } = options
  if (queue && !isThere(qdiscs, queue)) return ['queue', needs(queue, kernel)]
  if (options.seed !== undefined && impairment && !seed)
    return [
      'seed',
      `needs Linux 6.6 and iproute2 6.6 at least; here are Linux ${kernel} and iproute2 ${iproute2}`,
    ]
  return undefined
}

const isThere = (qdiscs: Capabilities['qdiscs'], kind: string): boolean =>
  qdiscs[kind as OptionalKind] !== false

const needs = (kind: string, kernel: string): string =>
  `needs the kernel module ${QDISC_MODULES[kind]}, which this kernel (${kernel}) does not have`
