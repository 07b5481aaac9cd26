import type { Family } from '../values/families.ts'
import type { Host } from './host.ts'

/**
 * Makes the kernel look up UDP flows anew that a container answers: one that never pauses for half a minute
 * would go on to where its port led before, for good (conntrack(8); net.netfilter.nf_conntrack_udp_timeout).
 * TCP finds out by itself.
 *
 * @param address the container's
 */
export const forgetAnswered = (host: Host, family: Family, address: string): Promise<void> =>
  forget(host, family, ['--reply-src', address])

/**
 * The same for what came to ports of the host before they led anywhere. A process takes 10 ms and more, so
 * that there is one for all that a client sends to an address, or for all that comes to a port, whichever are
 * fewer.
 *
 * @param signal ends it before the next process begins
 */
export async function forgetStrays(
  host: Host,
  family: Family,
  ports: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<void> {
  const listing = await host.show('conntrack', ['-L', '-f', `ipv${family}`, '-p', 'udp']).catch(() => '')
  for (const filter of planForgetting(parseFlows(listing), ports))
    if (!signal.aborted) await forget(host, family, filter)
}

/**
 * Filters of conntrack(8) that have in common all strays to the ports, and nothing that is another port's and
 * was answered.
 */
export function planForgetting(flows: readonly Flow[], ports: ReadonlySet<number>): string[][] {
  const pairOf = ({ client, to }: Flow): string => `${client} ${to}`
  const direct = flows.filter(({ to, from }) => to === from)
  const strays = direct.filter(({ port }) => ports.has(port))
  const shared = new Set(direct.filter(({ port, isAnswered }) => isAnswered && !ports.has(port)).map(pairOf))
  const alone = new Map(
    strays.filter((flow) => !shared.has(pairOf(flow))).map((flow) => [pairOf(flow), flow]),
  )
  const byPort = (some: readonly Flow[]): string[][] =>
    [...new Set(some.map(({ port }) => port))].map((port) => ['--orig-port-dst', String(port)])
  const byPair = [...alone.values()].map(({ client, to }) => ['-s', client, '-d', to, '--reply-src', to])
  const [all, mixed] = [byPort(strays), byPort(strays.filter((flow) => shared.has(pairOf(flow))))]
  return all.length <= byPair.length + mixed.length ? all : [...byPair, ...mixed]
}

/**
 * "0 flow entries have been deleted" is a failure to it. Without the program flows last as long as their
 * senders like.
 */
const forget = (host: Host, family: Family, filter: readonly string[]): Promise<void> =>
  host.show('conntrack', ['-D', '-f', `ipv${family}`, '-p', 'udp', ...filter]).then(
    () => undefined,
    () => undefined,
  )

/** A flow as conntrack(8) lists it. */
export interface Flow {
  readonly client: string
  /** address and port that it was sent to */
  readonly to: string
  readonly port: number
  /** address that answers are expected from: another one than `to` where it was translated */
  readonly from: string
  readonly isAnswered: boolean
}

/**
 * @param listing lines such as `udp 17 29 src=A dst=B sport=1 dport=2 [UNREPLIED] src=B dst=A sport=2 dport=1
 *   mark=0 use=1`
 */
export const parseFlows = (listing: string): Flow[] =>
  [...listing.matchAll(/ src=(\S+) dst=(\S+) sport=\d+ dport=(\d+) (.*?)src=(\S+) /g)].map(
    ([, client = '', to = '', port, between = '', from = '']) => ({
      ...{ client, to, from, port: Number(port) },
      isAnswered: !between.includes('[UNREPLIED]'),
    }),
  )
