import { randomBytes } from 'node:crypto'
import { type Host, realHost } from '../../lib/kernel/host.ts'
import { atExit } from './cleanups.ts'
import { deleteNetns, newName, sweep } from './leftovers.ts'
import { type RunOptions, run } from './run.ts'

/**
 * A network namespace of its own, with the real host's programs in it. It goes at the end of the block, or of
 * the process.
 */
export interface Namespace extends Host, Disposable {
  /** As in `ip netns exec NAME`. */
  readonly name: string
  /** Runs a line of words, without a shell, in the namespace. @throws {ExecaError} */
  sh(line: string, options?: RunOptions): Promise<string>
  /** `argv`, when a word has a blank. */
  exec(argv: readonly string[], options?: RunOptions): Promise<string>
  /** What stands before a program that is to run here. */
  readonly prefix: readonly string[]
}

/** What each namespace needs to be what a machine is: loopback up, IPv6 on. */
export async function namespaceHost(): Promise<Namespace> {
  sweep()
  // A name of leftovers.ts, so that a later run sweeps up after one that was killed.
  const name = `${newName()}${randomBytes(2).toString('hex')}`
  await run(['ip', 'netns', 'add', name])
  const remove = atExit(() => deleteNetns(name))
  const prefix = ['nsenter', `--net=/run/netns/${name}`]
  const exec = (argv: readonly string[], options?: RunOptions) => run([...prefix, ...argv], options)
  const host: Namespace = {
    ...realHost({ prefix }),
    name,
    prefix,
    exec,
    sh: (line, options) => exec(line.split(' '), options),
    [Symbol.dispose]: remove,
  }
  await host.sh('ip link set dev lo up')
  return host
}

/**
 * Moves a link from one namespace into another, as the engine does with a container's, and dresses it there.
 */
export async function moveInto(
  from: Namespace,
  link: string,
  to: Namespace,
  { cidrs, gateway }: { readonly cidrs: readonly string[]; readonly gateway?: string },
): Promise<void> {
  await from.sh(`ip link set dev ${link} netns ${to.name} name eth0`)
  for (const cidr of cidrs) await to.sh(`ip addr add ${cidr} dev eth0${cidr.includes(':') ? ' nodad' : ''}`)
  await to.sh('ip link set dev eth0 up')
  if (gateway !== undefined) await to.sh(`ip route add default via ${gateway}`)
}

type Json = string | number | boolean | null | { readonly [key: string]: Json } | readonly Json[]

/**
 * What differs from one making to the next: numbers that the kernel gives out, counters, clocks, random
 * addresses.
 */
const FLEETING =
  /^(ifindex|link_index|link_netnsid|link|index|handle|id|metainfo|address|permaddr|bytes|packets|drops|overlimits|requeues|backlog|qlen|refcnt|.*_timer|.*_lft|bridge_id|root_id|designated_.*|local|num_tx_queues|.*_seq|min_mtu|max_mtu|preferred_.*|valid_.*|operstate|state|flags|broadcast|inet6_addr_gen_mode|hold_timer|fdb_n_learned|.*_max_.*|no|stats.*|txqlen)$/

const settled = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(settled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !FLEETING.test(key))
      .map(([key, inner]) => [key, settled(inner)]),
  )
}

const listing = (text: string): Json => settled(JSON.parse(text || '[]') as Json)

/**
 * Links with their addresses, qdiscs, classes, filters and rules, without what differs from one making to the
 * next.
 */
export async function stateOf(host: Namespace): Promise<string[]> {
  const links = JSON.parse(await host.sh('ip -j -d addr show')) as { ifname: string; addr_info: Json[] }[]
  const lines: string[] = []
  // Link-local addresses come and go on their own.
  for (const { addr_info, ...link } of links.toSorted((a, b) => (a.ifname < b.ifname ? -1 : 1))) {
    const global = addr_info.filter((address) => (address as { scope: string }).scope === 'global')
    const cidrs = global.map((one) => {
      const { local, prefixlen } = one as { local: string; prefixlen: number }
      return `${local}/${prefixlen}`
    })
    lines.push(`link ${JSON.stringify(settled(link as unknown as Json))} ${cidrs}`)
    for (const words of ['qdisc show dev', 'filter show dev', 'filter show ingress dev']) {
      const text = await host.sh(`tc -j ${words} ${link.ifname}`)
      lines.push(`${words} ${link.ifname} ${JSON.stringify(listing(text))}`)
    }
    const classes = (await host.exec(['tc', 'class', 'show', 'dev', link.ifname])).split('\n')
    lines.push(...classes.filter(Boolean).toSorted())
  }
  const rules = JSON.parse(await host.sh('nft -j list ruleset')) as { nftables: Json[] }
  return [...lines, ...rules.nftables.map((one) => JSON.stringify(settled(one)))]
}
