import { PASS_MARK, TABLE } from '../../values/names.ts'
import { type Command, nft } from '../command.ts'

/**
 * Our table: a fixed number of rules, however many networks and ports there are. A packet that is not ours meets two look-ups.
 *
 * `forward` runs before Docker's filter (priority 0). What it lets pass carries PASS_MARK, which one rule in DOCKER-USER
 * honours, so that Docker's FORWARD policy does not drop it; what it drops is gone whatever Docker says. Bridged frames come by
 * here too where br_netfilter is on, with their bridge as both interfaces.
 *
 * What goes out by a bridge of Docker's gets no mark: Docker's filter decides as if we were not there. A new bridge is taken for one of
 * Docker's until a look shows that it is not: then it is in `outward`.
 *
 * `publish` comes before Docker's own (priority -100), with the address that was named before any other; not for ::1, which no other
 * device may answer (RFC 4291, 2.5.3), nor from link-local addresses, which no router passes on (2.5.6): hold.ts relays that. What it leads back to a network of ours gets the bridge's address: the
 * answer has to come by here again.
 *
 * 127.0.0.0/8 is the host's alone. From elsewhere it is left to routing, which drops it, while a translated packet would pass; and
 * `guard` keeps out containers, since bridges route it for the sake of ports published there.
 *
 * Protocols are IANA's numbers (1: ICMP, 58: ICMPv6): a root file system without /etc/protocols does not know their names.
 *
 * @see https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks
 */
const TABLE_TEXT = `
table inet ${TABLE} {
  set bridges { type ifname; }
  set internal { type ifname; }
  set outward { type ifname; }
  set within { type ifname . ifname; }
  set trusted { type ifname . ifname; }
  set exposed { type ifname . nf_proto; }
  set routed { type ifname . nf_proto; }
  set open4 { type ipv4_addr . inet_proto . inet_service; }
  set open6 { type ipv6_addr . inet_proto . inet_service; }
  set offered4 { type ipv4_addr . inet_proto . inet_service; }
  set offered6 { type ipv6_addr . inet_proto . inet_service; }
  set subnets4 { type ipv4_addr; flags interval; }
  set subnets6 { type ipv6_addr; flags interval; }
  set masquerade4 { type ipv4_addr; flags interval; }
  set masquerade6 { type ipv6_addr; flags interval; }
  map source4 { type ipv4_addr : ipv4_addr; flags interval; }
  map source6 { type ipv6_addr : ipv6_addr; flags interval; }
  map named4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  map named6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
  map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }

  chain pass {
    meta mark set meta mark | ${PASS_MARK} accept
  }

  chain offered {
    ip daddr . meta l4proto . th dport @offered4 goto pass
    ip6 daddr . meta l4proto . th dport @offered6 goto pass
  }

  chain inward {
    ct state established,related goto pass
    ct status dnat goto pass
    iifname . oifname @trusted jump offered
    ip daddr . meta l4proto . th dport @open4 goto pass
    ip6 daddr . meta l4proto . th dport @open6 goto pass
    oifname . meta nfproto @routed meta l4proto { 1, 58 } goto pass
    iifname @bridges drop
    meta iifkind "bridge" iifname != @outward drop
    oifname . meta nfproto @exposed goto pass
    drop
  }

  chain ours {
    iifname . oifname @within goto pass
    iifname @internal drop
    oifname @internal drop
    oifname @bridges goto inward
    meta oifkind "bridge" oifname != @outward accept
    goto pass
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname @bridges goto ours
    oifname @bridges goto ours
  }

  chain guard {
    type filter hook prerouting priority -300; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop
  }

  chain publish {
    ip6 daddr ::1 return
    ip6 saddr fe80::/10 return
    dnat ip to ip daddr . meta l4proto . th dport map @named4
    dnat ip to meta l4proto . th dport map @any4
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @named6
    dnat ip6 to meta l4proto . th dport map @any6
  }

  chain prerouting {
    type nat hook prerouting priority -101; policy accept;
    ip daddr 127.0.0.0/8 return
    fib daddr type local jump publish
  }

  chain output {
    type nat hook output priority -101; policy accept;
    fib daddr type local jump publish
  }

  chain back {
    ct status dnat ip saddr 127.0.0.0/8 masquerade
    ct status dnat ip saddr @subnets4 masquerade
    ct status dnat ip6 saddr @subnets6 masquerade
  }

  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    oifname @bridges goto back
    snat ip to ip saddr map @source4
    snat ip6 to ip6 saddr map @source6
    ip saddr @masquerade4 masquerade
    ip6 saddr @masquerade6 masquerade
  }
}
`.trim()

/**
 * Where br_netfilter is off, and for what is no IP: frames between ports of networks whose containers cannot reach each other. What came
 * by way of the host's address, bridged by br_netfilter, has the mark. A table of its own, since frames are of another family.
 */
const ALONE_TEXT = `
table bridge ${TABLE} {
  set alone { type ifname; }

  chain forward {
    type filter hook forward priority 10; policy accept;
    meta mark & ${PASS_MARK} == ${PASS_MARK} accept
    iifname @alone oifname @alone drop
  }
}
`.trim()

const rulesOf = (table: string): number => table.match(/^ {4}(?!type )\S/gm)?.length ?? 0

/** How many rules the tables have: another number means that somebody was at them. */
export const RULE_COUNT = rulesOf(TABLE_TEXT)
export const ALONE_RULE_COUNT = rulesOf(ALONE_TEXT)

/** An element of a set, or of a map where it has a value; concatenations part by part. */
export interface Element {
  /** a set's name, in our table of family inet unless it is `alone` */
  readonly set: string
  readonly key: readonly Part[]
  readonly value?: readonly Part[]
}

/** A device's name, as `{ device }`, or a number, an address or a subnet. */
export type Part = number | string | { readonly device: string }

/** nft reads an element as text: nothing but what a name or an address is made of may get in. */
const word = (part: Part): string => {
  const text = typeof part === 'object' ? part.device : String(part)
  if (!/^[\w.:/-]+$/.test(text))
    throw new RangeError(`nft: not a name or an address: ${JSON.stringify(text)}`)
  return typeof part === 'object' ? `"${text}"` : text
}

/** An element as nft's JSON shows it, in words: no quotes. */
export const elementWords = ({ key, value }: Element): string =>
  [key, ...(value ? [value] : [])]
    .map((parts) => parts.map((part) => (typeof part === 'object' ? part.device : String(part))).join(' . '))
    .join(' : ')

/** The same with its set's name. */
export const placedWords = (element: Element): string => `${element.set} { ${elementWords(element)} }`

const sentence = (parts: readonly Part[]): string => parts.map(word).join(' . ')
const place = ({ set }: Element): string => `${set === 'alone' ? 'bridge' : 'inet'} ${TABLE} ${set}`
const keyed = (element: Element): string => `${place(element)} { ${sentence(element.key)} }`
const whole = (element: Element): string =>
  element.value
    ? `${place(element)} { ${sentence(element.key)} : ${sentence(element.value)} }`
    : keyed(element)

const text = (verb: string, elements: readonly Element[], write: (element: Element) => string): string[] =>
  elements.map((element) => `${verb} element ${write(element)}`)

/** Adds to tables that are there. */
export const addElements = (elements: readonly Element[]): Command =>
  nft(text('add', elements, whole).join('\n'))

/** Adds first: nft refuses to delete what is gone, and the versions in use do not know `destroy`. */
export const deleteElements = (elements: readonly Element[]): Command =>
  nft([...text('add', elements, whole), ...text('delete', elements, keyed)].join('\n'))

const needsAlone = (elements: readonly Element[]): boolean => elements.some(({ set }) => set === 'alone')

/** The tables with these elements, where there are none: "File exists" otherwise. A third of the time of replacing them. */
export const createTables = (elements: readonly Element[]): Command =>
  nft(
    [
      `create table inet ${TABLE}`,
      TABLE_TEXT,
      ...(needsAlone(elements) ? [ALONE_TEXT] : []),
      ...text('add', elements, whole),
    ].join('\n'),
  )

/** The tables as they should be with these elements, in one transaction, whatever was there. */
export const replaceTables = (elements: readonly Element[], { alone }: { alone: boolean }): Command =>
  nft(
    [
      deleteTables({ alone }).line,
      TABLE_TEXT,
      ...(needsAlone(elements) ? [ALONE_TEXT] : []),
      ...text('add', elements, whole),
    ].join('\n'),
  )

/** `add` first: deleting what is gone is an error. */
const deleteTable = (family: 'inet' | 'bridge'): string =>
  `add table ${family} ${TABLE}\ndelete table ${family} ${TABLE}`

/** @param alone whether the one of family bridge may be there */
export const deleteTables = ({ alone }: { alone: boolean }): Command =>
  nft([deleteTable('inet'), ...(alone ? [deleteTable('bridge')] : [])].join('\n'))

export const deleteAlone = (): Command => nft(deleteTable('bridge'))
