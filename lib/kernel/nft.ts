import { PASS_MARK, TABLE } from '../names.ts'
import { type Command, nft } from './command.ts'

/** What the rules need to know of a network. */
export interface Guarded {
  readonly bridge: string
  readonly internal: boolean
  readonly masquerade: boolean
  readonly ipv4: readonly { readonly subnet: string }[]
  readonly ipv6: readonly { readonly subnet: string }[]
}

/**
 * Our table: a fixed number of rules, however many networks there are. A packet that is not ours meets two look-ups.
 *
 * The chain runs before Docker's filter (priority 0). What it lets pass carries PASS_MARK, which one rule in DOCKER-USER
 * honours, so that Docker's FORWARD policy does not drop it; what it drops is gone whatever Docker says. Bridged frames come by
 * here too where br_netfilter is on, with their bridge as both interfaces.
 *
 * What goes out by somebody else's bridge gets no mark: the filter of whoever made that bridge, Docker above all, decides
 * as if we were not there. `outward` has the bridges that lead out of the host, which a route with a gateway tells.
 *
 * @see https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks
 */
const TABLE_TEXT = `
table inet ${TABLE} {
  set bridges { type ifname; }
  set internal { type ifname; }
  set outward { type ifname; }
  set within { type ifname . ifname; }
  set masquerade4 { type ipv4_addr; flags interval; }
  set masquerade6 { type ipv6_addr; flags interval; }

  chain pass {
    meta mark set meta mark | ${PASS_MARK} accept
  }

  chain ours {
    iifname . oifname @within goto pass
    iifname @internal drop
    oifname @internal drop
    oifname @bridges ct state established,related goto pass
    oifname @bridges drop
    meta oifkind "bridge" oifname != @outward accept
    goto pass
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname @bridges goto ours
    oifname @bridges goto ours
  }

  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    oifname @bridges return
    ip saddr @masquerade4 masquerade
    ip6 saddr @masquerade6 masquerade
  }
}
`.trim()

/** How many rules the table has: another number means that somebody was at it. */
export const RULE_COUNT = 13

/** nft reads a set's element as text: nothing but what a name or an address is made of may get in. */
const word = (text: string): string => {
  if (!/^[\w.:/-]+$/.test(text))
    throw new RangeError(`nft: not a name or an address: ${JSON.stringify(text)}`)
  return text
}

function elements({ bridge, internal, masquerade, ipv4, ipv6 }: Guarded): string[] {
  const name = `"${word(bridge)}"`
  const leaving = masquerade && !internal
  return [
    `bridges { ${name} }`,
    `within { ${name} . ${name} }`,
    ...(internal ? [`internal { ${name} }`] : []),
    ...(leaving ? ipv4.map(({ subnet }) => `masquerade4 { ${word(subnet)} }`) : []),
    ...(leaving ? ipv6.map(({ subnet }) => `masquerade6 { ${word(subnet)} }`) : []),
  ]
}

const addElements = (networks: readonly Guarded[], outward: readonly string[]): string[] =>
  [...networks.flatMap(elements), ...outward.map((device) => `outward { "${word(device)}" }`)].map(
    (element) => `add element inet ${TABLE} ${element}`,
  )

/**
 * A network's elements, and the devices that lead out of the host, in a table that is there. Removing adds first, since nft
 * refuses to delete what is gone, and the versions in use do not know `destroy`.
 */
export const networkElements = (
  network: Guarded,
  outward: readonly string[],
): { add: Command; remove: Command } => ({
  add: nft(addElements([network], outward).join('\n')),
  remove: nft(
    [
      ...addElements([network], []),
      ...elements(network).map((element) => `delete element inet ${TABLE} ${element}`),
    ].join('\n'),
  ),
})

/** The whole table for these networks, where there is none: "File exists" otherwise. A third of the time of replacing it. */
export const createTable = (networks: readonly Guarded[], outward: readonly string[]): Command =>
  nft([`create table inet ${TABLE}`, TABLE_TEXT, ...addElements(networks, outward)].join('\n'))

/** The whole table as it should be for these networks, in one transaction, whatever was there. */
export const replaceTable = (networks: readonly Guarded[], outward: readonly string[]): Command =>
  nft([deleteTable().line, TABLE_TEXT, ...addElements(networks, outward)].join('\n'))

/** `add` first: deleting what is gone is an error. */
export const deleteTable = (): Command => nft(`add table inet ${TABLE}\ndelete table inet ${TABLE}`)
