import { TABLE } from '../../values/names.ts'
import { type Command, nft } from '../command.ts'
import { type Chain, chainText, chainWords } from './chain.ts'
import { ALONE } from './chains/alone.ts'
import { FORWARD } from './chains/forward.ts'
import { GUARD } from './chains/guard.ts'
import { LEAVE } from './chains/leave.ts'
import { PUBLISH } from './chains/publish.ts'
import { addLines, type Element } from './element.ts'

const SETS = `
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
`.trim()

const CHAINS = [...FORWARD, ...GUARD, ...PUBLISH, ...LEAVE]

const tableText = (family: string, sets: string, chains: readonly Chain[]): string =>
  [`table ${family} ${TABLE} {`, `  ${sets}`, ...chains.flatMap((one) => ['', chainText(one)]), '}'].join(
    '\n',
  )

/**
 * Our table: a fixed number of rules, however many networks and ports there are. A packet that is not ours
 * meets two look-ups.
 *
 * @see https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks
 */
const TABLE_TEXT = tableText('inet', SETS, CHAINS)
/** A table of its own, since frames are of another family. */
const ALONE_TEXT = tableText('bridge', 'set alone { type ifname; }', ALONE)

/** The chains of each table in words, as listTable gives them. */
export const INET_CHAINS: readonly string[] = CHAINS.map(chainWords)
export const BRIDGE_CHAINS: readonly string[] = ALONE.map(chainWords)

const needsAlone = (elements: readonly Element[]): boolean => elements.some(({ set }) => set === 'alone')

/**
 * The tables with these elements, where there are none: "File exists" otherwise. A third of the time of
 * replacing them.
 */
export const createTables = (elements: readonly Element[]): Command =>
  nft(
    [
      `create table inet ${TABLE}`,
      TABLE_TEXT,
      ...(needsAlone(elements) ? [ALONE_TEXT] : []),
      ...addLines(elements),
    ].join('\n'),
  )

/** The tables as they should be with these elements, in one transaction, whatever was there. */
export const replaceTables = (elements: readonly Element[], { alone }: { alone: boolean }): Command =>
  nft(
    [
      deleteTables({ alone }).line,
      TABLE_TEXT,
      ...(needsAlone(elements) ? [ALONE_TEXT] : []),
      ...addLines(elements),
    ].join('\n'),
  )

/** `add` first: deleting what is gone is an error. */
const deleteTable = (family: 'inet' | 'bridge'): string =>
  `add table ${family} ${TABLE}\ndelete table ${family} ${TABLE}`

/** @param alone whether the one of family bridge may be there */
export const deleteTables = ({ alone }: { alone: boolean }): Command =>
  nft([deleteTable('inet'), ...(alone ? [deleteTable('bridge')] : [])].join('\n'))

export const deleteAlone = (): Command => nft(deleteTable('bridge'))
