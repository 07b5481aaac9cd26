import { setImmediate } from 'node:timers/promises'
import { LINK_GROUP } from '../values/names.ts'
import type { Program } from './command.ts'
import type { CommandError } from './command-error.ts'
import type { Host } from './host.ts'
import { type FilterTable, parseFilter } from './iptables.ts'

/** Reading is JSON (`-j`), but for HTB classes, which iproute2 prints as text up to this day. */
const parseBatch = <T>(stdout: string): T[][] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as T[])

interface LinkJson {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly master?: string
  readonly ifalias?: string
  readonly address?: string
  readonly linkinfo?: { readonly info_kind?: string }
  readonly addr_info: readonly {
    readonly family: string
    readonly local: string
    readonly prefixlen: number
  }[]
}

/** A link of ours, as it is. */
export interface OwnLink {
  readonly name: string
  readonly kind: string
  readonly up: boolean
  readonly master: string | undefined
  readonly mac: string
  /** CIDR */
  readonly addresses: readonly string[]
}

/** Every link in our group that carries our name for it: both marks, so that nothing of somebody else's is taken for ours. */
export async function ownLinks(host: Host): Promise<OwnLink[]> {
  const listing = await host.show('ip', ['-j', '-d', 'addr', 'show', 'group', String(LINK_GROUP)])
  return (JSON.parse(listing || '[]') as LinkJson[])
    .filter(({ ifname, ifalias }) => ifname !== undefined && ifalias?.startsWith('sluice/'))
    .map((link) => ({
      name: link.ifname,
      kind: link.linkinfo?.info_kind ?? '',
      up: link.flags.includes('UP'),
      master: link.master,
      mac: link.address ?? '',
      addresses: link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    }))
}

interface QdiscJson {
  readonly kind: string
  readonly handle: string
  readonly dev?: string
  readonly root?: boolean
  readonly parent?: string
  readonly options?: Readonly<Record<string, unknown>>
}

/** A qdisc as it is. */
export interface SeenQdisc {
  readonly device: string
  readonly kind: string
  readonly handle: string
  /** `root`, or the class it hangs under; empty for an ingress qdisc */
  readonly parent: string
  /** as `tc -j` names and prints them: rates in bytes a second, times in seconds, shares of 1 */
  readonly options: Readonly<Record<string, unknown>>
}

interface ClassJson {
  readonly class: string
  readonly handle: string
  readonly rate: number
  readonly ceil: number
  readonly prio?: number
}

/** A class of an htb as it is. Rates in bit/s. */
export interface SeenClass {
  readonly rate: number
  readonly ceil: number
  readonly priority: number
}

interface FilterJson {
  readonly options?: {
    readonly fh?: string
    readonly flowid?: string
    readonly actions?: readonly { readonly kind: string; readonly to_dev?: string }[]
  }
}

/** What tc has shown of some devices. */
export interface Shown {
  readonly qdiscs: readonly SeenQdisc[]
  /** by device and class id, such as `si-… 1:11` */
  readonly classes: ReadonlyMap<string, SeenClass>
  /** device, handle and where the filter sends to, such as `si-… 2:02:1 1:11`; absent when nobody asked */
  readonly filters?: ReadonlySet<string>
}

const TEXT_CLASS = /^class htb (\S+) .*?(?:prio (\d+) )?rate (\d+)([KMGT]?)bit ceil (\d+)([KMGT]?)bit/gm
const bits = (number = '', unit = ''): number => Number(number) * 10 ** (3 * ' KMGT'.indexOf(unit || ' '))

/**
 * Reads what tc printed.
 *
 * iproute2 prints classes as JSON from 6.15 at the latest; 6.1 passes over `-j` and prints text, without the device.
 *
 * @param devices those that were asked for one by one, in that order; what was printed may leave them out
 * @param classDevice the one whose classes were asked for
 */
export function readShown(stdout: string, devices: readonly string[], classDevice: string): Shown {
  const lists = parseBatch<QdiscJson | ClassJson>(stdout)
  const qdiscLists = lists.filter((list) => !list.some((item) => 'class' in item)) as QdiscJson[][]
  const classes = new Map<string, SeenClass>()
  for (const item of lists.flat())
    if ('class' in item)
      classes.set(`${classDevice} ${item.handle}`, {
        rate: item.rate * 8,
        ceil: item.ceil * 8,
        priority: item.prio ?? 0,
      })
  for (const [, id, prio, rate, rateUnit, ceil, ceilUnit] of stdout.matchAll(TEXT_CLASS))
    classes.set(`${classDevice} ${id}`, {
      rate: bits(rate, rateUnit),
      ceil: bits(ceil, ceilUnit),
      priority: Number(prio ?? 0),
    })
  return {
    classes,
    qdiscs: qdiscLists.flatMap((list, index) => list.map((json) => seenQdisc(json, devices[index]))),
  }
}

const seenQdisc = (
  { kind, handle, dev, root, parent, options }: QdiscJson,
  device: string | undefined,
): SeenQdisc => ({
  device: dev ?? device ?? '',
  kind,
  handle,
  parent: root ? 'root' : (parent ?? ''),
  options: options ?? {},
})

/** Of all devices. A thousand links make a megabyte of JSON: others have their turn between the parts of reading it. */
async function shownQdiscs(host: Host): Promise<readonly SeenQdisc[]> {
  const { stdout } = await host.run('tc', ['qdisc show'], 'strict')
  await setImmediate()
  const lists = parseBatch<QdiscJson>(stdout)
  await setImmediate()
  return lists.flat().map((json) => seenQdisc(json, undefined))
}

/**
 * All that shapes consist of: every device's qdiscs, classes and filters of the mediums, redirects of the devices.
 * A device that is gone by then has nothing to show.
 */
export async function shown(
  host: Host,
  mediums: readonly string[],
  redirected: readonly string[],
): Promise<Shown> {
  const [qdiscs, classes, filters] = await Promise.all([
    shownQdiscs(host),
    shownClasses(host, mediums),
    shownFilters(host, [
      ...mediums.map((device) => ({ device, line: `filter show dev ${device}` })),
      ...redirected.map((device) => ({ device, line: `filter show dev ${device} parent ffff:` })),
    ]),
  ])
  return { qdiscs, classes, filters }
}

/** One program for all devices: what tc prints of classes does not name them, so that each one's qdiscs go before. */
async function shownClasses(host: Host, devices: readonly string[]): Promise<Shown['classes']> {
  if (devices.length === 0) return new Map()
  const lines = devices.flatMap((device) => [`qdisc show dev ${device}`, `class show dev ${device}`])
  const { stdout, failures } = await host.run('tc', lines, 'force')
  await setImmediate()
  const failed = new Set(failures.map(({ index }) => index))
  const answered = devices.filter((_, index) => !failed.has(2 * index))
  const sections = stdout.split(/^(?=\[\{"kind")/m).filter((section) => section.startsWith('[{"kind"'))
  return new Map(
    sections.flatMap((section, index) => [...readShown(section, [], answered[index] ?? '').classes]),
  )
}

async function shownFilters(
  host: Host,
  asked: readonly { device: string; line: string }[],
): Promise<Set<string>> {
  if (asked.length === 0) return new Set()
  const lines = asked.map(({ line }) => line)
  const { stdout, failures } = await host.run('tc', lines, 'force')
  await setImmediate()
  const failed = new Set(failures.map(({ index }) => index))
  const answered = asked.filter((_, index) => !failed.has(index))
  const found = parseBatch<FilterJson>(stdout).flatMap((list, index) =>
    list.flatMap(({ options }) => {
      const target = options?.flowid ?? options?.actions?.find(({ kind }) => kind === 'mirred')?.to_dev
      return options?.fh ? [`${answered[index]?.device} ${options.fh}${target ? ` ${target}` : ''}`] : []
    }),
  )
  return new Set(found)
}

/** A table of ours as nft lists it. */
export interface ListedTable {
  readonly rules: number
  /** set or map name to elements, as nft reads them but for quotes */
  readonly sets: ReadonlyMap<string, readonly string[]>
}

interface TableJson {
  readonly nftables: readonly {
    readonly set?: SetJson
    readonly map?: SetJson
    readonly rule?: object
  }[]
}
interface SetJson {
  readonly name: string
  readonly elem?: readonly unknown[]
}

/** @returns undefined when there is no such table */
export async function listTable(
  host: Host,
  family: 'inet' | 'bridge',
  table: string,
): Promise<ListedTable | undefined> {
  const listing = await host
    .show('nft', ['-j', 'list', 'table', family, table])
    .catch((error: CommandError) => {
      if (error.failure === 'missing') return undefined
      throw error
    })
  if (listing === undefined) return undefined
  const { nftables } = JSON.parse(listing) as TableJson
  return {
    rules: nftables.filter(({ rule }) => rule).length,
    sets: new Map(
      nftables.flatMap(({ set, map }) => {
        const found = set ?? map
        return found ? [[found.name, (found.elem ?? []).map(elementText)]] : []
      }),
    ),
  }
}

/** Protocols that nft names where it can look them up (/etc/protocols). */
const PROTOCOLS: Readonly<Record<string, string>> = { tcp: '6', udp: '17', sctp: '132' }

/** An element as libnftables-json(5) has it: a map's is a pair of key and value. */
function elementText(json: unknown): string {
  if (Array.isArray(json)) return json.map(elementText).join(' : ')
  if (typeof json !== 'object' || json === null) return PROTOCOLS[String(json)] ?? String(json)
  const { concat, prefix } = json as { concat?: unknown[]; prefix?: { addr: string; len: number } }
  if (concat) return concat.map(elementText).join(' . ')
  return prefix ? `${prefix.addr}/${prefix.len}` : JSON.stringify(json)
}

/**
 * Which iptables the host filters with. Asking the legacy one would make its tables, so it is asked only where
 * /proc says that they are there.
 */
export async function filterBackends(host: Host): Promise<Program[]> {
  const [v4 = '', v6 = ''] = await Promise.all([
    host.read('/proc/net/ip_tables_names'),
    host.read('/proc/net/ip6_tables_names'),
  ])
  return [
    'iptables-nft',
    'ip6tables-nft',
    ...(v4.includes('filter') ? (['iptables-legacy'] as const) : []),
    ...(v6.includes('filter') ? (['ip6tables-legacy'] as const) : []),
  ]
}

/** The filter table as it is; empty where the program is not installed. */
export async function filterTable(host: Host, backend: Program): Promise<FilterTable> {
  const listing = await host.show(backend, ['-w', '-S']).catch((error: CommandError) => {
    if (/ENOENT/.test(error.stderr)) return ''
    throw error
  })
  return parseFilter(listing)
}
