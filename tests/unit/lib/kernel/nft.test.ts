import t from 'tap'
import { deleteTable, networkElements, RULE_COUNT, replaceTable } from '../../../../lib/kernel/nft.ts'
import { IPV6_SUBNET, networkSpec } from '../../../support/messages.ts'

const TABLE = `
table inet sluice {
  set bridges { type ifname; }
  set internal { type ifname; }
  set outward { type ifname; }
  set within { type ifname . ifname; }
  set masquerade4 { type ipv4_addr; flags interval; }
  set masquerade6 { type ipv6_addr; flags interval; }

  chain pass {
    meta mark set meta mark | 0x1000 accept
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

const WEB =
  'add element inet sluice bridges { "sl-a10000000000" }\nadd element inet sluice within { "sl-a10000000000" . "sl-a10000000000" }'

t.test('networkElements() adds a network, and the devices that lead out', async (t) => {
  t.equal(
    networkElements(networkSpec(), ['eth0']).add.line,
    `${WEB}\nadd element inet sluice masquerade4 { 10.9.0.0/24 }\nadd element inet sluice outward { "eth0" }`,
  )
})

t.test('networkElements() removes what it adds first, so that removing twice is no error', async (t) => {
  const { add, remove } = networkElements(networkSpec({ masquerade: false }), [])
  t.equal(add.line, WEB)
  t.equal(remove.line, `${WEB}\n${WEB.replaceAll('add element', 'delete element')}`)
})

t.test('replaceTable() is the whole table in one transaction', async (t) => {
  const inner = networkSpec({ bridge: 'br-in', internal: true, ipv6: [IPV6_SUBNET] })
  t.equal(
    replaceTable([networkSpec({ masquerade: false }), inner], ['eth0']).line,
    `add table inet sluice\ndelete table inet sluice\n${TABLE}\n${WEB}\n${WEB.replaceAll('sl-a10000000000', 'br-in')}\nadd element inet sluice internal { "br-in" }\nadd element inet sluice outward { "eth0" }`,
  )
  t.equal(deleteTable().line, 'add table inet sluice\ndelete table inet sluice')
})

t.test('networkElements() refuses what is neither a name nor an address', async (t) => {
  for (const bridge of ['', 'a b', '"', 'a" }\nflush ruleset', '{', '$x', 'é'])
    t.throws(
      () => networkElements(networkSpec({ bridge }), []),
      { name: 'RangeError', message: /^nft: not a name or an address/ },
      bridge,
    )
  t.throws(() => networkElements(networkSpec({ ipv4: [{ subnet: '10.0.0.0/8 }' }] }), []), RangeError)
  t.throws(() => replaceTable([], ['eth 0']), RangeError)
})

t.test('RULE_COUNT is how many rules the table has', async (t) => {
  const rules = TABLE.split('\n').filter((line) => /^ {4}/.test(line) && !line.includes('hook'))
  t.equal(rules.length, RULE_COUNT)
})
