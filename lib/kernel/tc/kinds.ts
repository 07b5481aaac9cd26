import { cake } from './kinds/cake.ts'
import { bfifo, pfifo } from './kinds/fifo.ts'
import { fqCodel } from './kinds/fq-codel.ts'
import { htb } from './kinds/htb.ts'
import type { QdiscKind, QueueKind } from './kinds/kind.ts'
import { netem } from './kinds/netem.ts'
import { sfq } from './kinds/sfq.ts'
import { tbf } from './kinds/tbf.ts'

/**
 * Every kind of qdisc that we set. Among the queues the best comes first, and one that every kernel has comes
 * last.
 */
export const KINDS = [tbf, htb, netem, fqCodel, cake, sfq, pfifo, bfifo] as const

type Kind = (typeof KINDS)[number]
type Named = Extract<Kind, { readonly aliases: readonly string[] }>

/** A qdisc with its kind's parameters. */
export type Qdisc = Parameters<Kind['words']>[0]
/** A queue that packets wait in. */
export type Queue = ReturnType<Extract<Kind, { readonly fill: unknown }>['fill']>
/** Kinds that not every kernel has. */
export type OptionalKind = Extract<Kind, { readonly probe: string }>['kind']
/** Kinds that a user may choose as `queue`. */
export type QueueName = Named['kind']

export const OPTIONAL_KINDS = KINDS.filter((kind) => 'probe' in kind)
export const NAMED_QUEUES = KINDS.filter((kind) => 'aliases' in kind)

/** The kind of queue for a link. @param present optional kinds that the kernel has */
export function queueKind(name: QueueName | undefined, present: readonly string[]): QueueKind<Queue> {
  const queues: readonly QueueKind<Queue>[] = KINDS.filter((kind) => 'fill' in kind)
  const isPresent = ({ kind, probe }: QueueKind<Queue>) => probe === undefined || present.includes(kind)
  return queues.find((one) => (name ? one.kind === name : one.isAutomatic && isPresent(one))) ?? bfifo
}

export const kindOf = ({ kind }: Pick<Qdisc, 'kind'>): QdiscKind<Qdisc> =>
  KINDS.find((one) => one.kind === kind) as QdiscKind<Qdisc>

/** The kernel module of each kind, by the kind's name. */
export const QDISC_MODULES: Readonly<Record<string, string>> = Object.fromEntries(
  KINDS.map(({ kind, module }) => [kind, module]),
)
