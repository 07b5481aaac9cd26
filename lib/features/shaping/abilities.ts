import { type Capabilities, moduleOf, OPTIONAL } from '../../kernel/capabilities.ts'
import { type LinkOptions, QUEUES } from '../../model/link.ts'
import { impairmentOf } from './link.ts'
import type { Abilities } from './shape.ts'

/** What of them a shape depends on. */
export const abilitiesOf = ({ qdiscs }: Capabilities): Abilities => ({
  netem: qdiscs.netem,
  queues: QUEUES.filter((kind) => kind === 'pfifo' || qdiscs[kind]),
})

/** Modules that the kernel lacks and some option needs. */
export const missingModules = ({ qdiscs }: Capabilities): string[] =>
  OPTIONAL.filter((kind) => !qdiscs[kind]).map(moduleOf)

/**
 * What the options need and the host does not have.
 *
 * @returns the option's name, and what is missing; undefined when nothing is
 */
export function lacking(
  options: LinkOptions,
  { kernel, iproute2, qdiscs, seed }: Capabilities,
): [keyof LinkOptions, string] | undefined {
  const impairment = impairmentOf(options)
  if (impairment && !qdiscs.netem) return [impairment, needs(moduleOf('netem'), kernel)]
  const { queue } = options
  if (queue && queue !== 'pfifo' && !qdiscs[queue]) return ['queue', needs(moduleOf(queue), kernel)]
  if (options.seed !== undefined && impairment && !seed)
    return [
      'seed',
      `needs Linux 6.6 and iproute2 6.6 at least; here are Linux ${kernel} and iproute2 ${iproute2}`,
    ]
  return undefined
}

const needs = (module: string, kernel: string): string =>
  `needs the kernel module ${module}, which this kernel (${kernel}) does not have`
