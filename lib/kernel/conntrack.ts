import type { Host } from './host.ts'

/** Flows that the kernel has an opinion on already, and so does not look up again. */
export interface Flows {
  /** address that answers them: the container's */
  readonly answeredBy?: string
  /** port of the host that they go to */
  readonly to?: number
  readonly family: 4 | 6
}

/**
 * Makes the kernel look up UDP flows anew: one that never pauses for half a minute would go on to where its port led before, for
 * good (conntrack(8); net.netfilter.nf_conntrack_udp_timeout). TCP finds out by itself.
 */
export async function forgetFlows(host: Host, { answeredBy, to, family }: Flows): Promise<void> {
  const args = ['-D', '-f', `ipv${family}`, '-p', 'udp']
  if (answeredBy !== undefined) args.push('--reply-src', answeredBy)
  if (to !== undefined) args.push('--orig-port-dst', String(to))
  // "0 flow entries have been deleted" is a failure to it. Without the program flows last as long as their senders like.
  await host.show('conntrack', args).catch(() => undefined)
}
