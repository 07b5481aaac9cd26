import t, { type Test } from 'tap'
import type { NetworkSpec } from '../../lib/model/network.ts'
import { IPV6_SUBNET, NETWORK, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import { type Change, carryOut, growing } from './fixtures/changes.ts'
import { BRIDGE, everything, FIRST, HOST_END, IFB, openPair, SECOND } from './fixtures/pair.ts'
import { capabilities } from './fixtures/real.ts'

t.setTimeout(300_000)

const spec = (changes: Partial<NetworkSpec>): NetworkSpec => networkSpec({ ipv6: [IPV6_SUBNET], ...changes })

async function open(t: Test, host: Namespace, { before, own }: Change) {
  const parts = await openPair(t, host, spec(before))
  if (own && Object.keys(own[0]).length > 0)
    await parts.networks.changeEndpoint(FIRST.id, { options: own[0] })
  return parts
}

/** What the host is like when it was told so from the beginning. */
async function madeAtOnce(t: Test, change: Change): Promise<string[]> {
  using host = await namespaceHost()
  const { networks } = await openPair(t, host, spec(change.after))
  const own = change.own?.[1]
  if (own) {
    // In place of the first, which has its own from the beginning.
    await networks.removeEndpoint(FIRST.id)
    await networks.addEndpoint({ ...FIRST, options: own })
  }
  return await everything(host)
}

for (const [name, change] of Object.entries(growing))
  t.test(`${name} changes while the network lives, as if it had been so from the beginning`, async (t) => {
    using host = await namespaceHost()
    const parts = await open(t, host, change)
    await carryOut(parts, change)
    const now = await everything(host)
    t.strictSame(now, await madeAtOnce(t, change))
    t.strictSame(await parts.keeper.reconcile(), [])
    const again = await parts.restart()
    t.strictSame(await again.keeper.recover(), [], 'and outlives the process')
    t.match(again.networks.network(NETWORK), change.after)
    t.strictSame(await everything(host), now)
    for (const { id } of [FIRST, SECOND]) await again.networks.removeEndpoint(id)
    await again.networks.removeNetwork(NETWORK)
    t.notMatch(await host.sh('ip -br link'), /^s[a-z]-/m, 'all can be removed')
  })

for (const [name, { before, after, own }] of Object.entries(growing))
  t.test(`${name} goes back to what it was`, async (t) => {
    using host = await namespaceHost()
    const change: Change = { before: after, after: before, ...(own ? { own: [own[1], own[0]] } : {}) }
    const parts = await open(t, host, change)
    const first = await everything(host)
    await carryOut(parts, change)
    t.strictSame(await parts.keeper.reconcile(), [])
    const caps = await host.sh(`tc qdisc show dev ${HOST_END}`)
    if (!before.options.rate && !before.options['rate.down'])
      t.notMatch(caps, /tbf 1: root (?!.*rate 400Gbit)/, 'what was capped is open')
    await carryOut(parts, { before, after, ...(own ? { own } : {}) })
    const again = await parts.restart()
    t.strictSame(await again.keeper.recover(), [])
    const last = await everything(host)
    // A direction that was shaped for the first time in between keeps its qdiscs, wide open.
    for (const line of first)
      t.ok(last.includes(line) || /qdisc|ingress|si-|su-|class/.test(line), line.slice(0, 200))
    if (before.options.rate && !after.shared && !after.uplink) t.strictSame(last, first)
  })

t.test('a network that is told of no limits any more is open, and stays so over a restart', async (t) => {
  using host = await namespaceHost()
  const parts = await openPair(
    t,
    host,
    spec({ options: { rate: 10e6, min: 1e6 }, shared: 15e6, uplink: { rate: 5e6 } }),
  )
  await parts.networks.changeNetwork(NETWORK, { options: {} })
  t.match(parts.networks.network(NETWORK), { options: {}, shared: undefined, uplink: undefined })
  const rates = async (): Promise<string[]> => {
    const shown = await Promise.all(
      [`qdisc show dev ${HOST_END} root`, `qdisc show dev ${BRIDGE} root`, `class show dev ${IFB}`].map(
        (words) => host.sh(`tc ${words}`),
      ),
    )
    return [
      ...shown.join('\n').matchAll(/(?:tbf 1: root.*? rate|htb 1:(?:[12]|8?1[12]) .*? ceil) (\w+)/g),
    ].map(([, rate]) => rate ?? '')
  }
  t.strictSame(await rates(), Array(8).fill('400Gbit'))
  const again = await parts.restart()
  t.strictSame(await again.keeper.recover(), [])
  t.strictSame(await rates(), Array(8).fill('400Gbit'))
  for (const { id } of [FIRST, SECOND]) await again.networks.removeEndpoint(id)
  await again.networks.removeNetwork(NETWORK)
  t.notMatch(await host.sh('ip -br link'), /^s[a-z]-/m)
})

t.test('a change that makes no sense is refused, and changes nothing', async (t) => {
  using host = await namespaceHost()
  const { networks, store } = await openPair(
    t,
    host,
    spec({ options: { rate: 10e6, min: 2e6 }, shared: 15e6 }),
  )
  const before = [await everything(host), store.networks(), store.endpoints()]
  await t.rejects(
    networks.changeNetwork(NETWORK, { options: { rate: 10e6, min: 2e6 }, shared: 3e6 }),
    /^min: expected the members' guarantees to come to the network.rate of 3mbit at most, got 4mbit together/,
  )
  await t.rejects(networks.changeEndpoint(FIRST.id, { options: { min: 14e6 } }), /^min: expected /)
  await t.rejects(networks.changeNetwork('f'.repeat(64), { options: {} }), /is not one of this plugin's/)
  await t.rejects(networks.changeEndpoint('f'.repeat(64), { options: {} }), /is not one of this plugin's/)
  t.strictSame([await everything(host), store.networks(), store.endpoints()], before)
})

t.test(
  'a delay needs sch_netem: where that is missing it is refused by name, and leaves nothing',
  async (t) => {
    using host = await namespaceHost()
    const { networks, store } = await openPair(t, host, spec({ options: { rate: 10e6 } }))
    const { qdiscs, kernel } = await capabilities()
    const before = [await everything(host), store.networks(), store.endpoints()]
    const delay = { rate: 10e6, delay: 20e3 }
    const change = () => networks.changeNetwork(NETWORK, { options: delay })
    if (qdiscs.netem) {
      await t.resolves(change())
      t.match(await host.sh(`tc qdisc show dev ${HOST_END}`), /netem .* delay 20ms/)
      return
    }
    const missing = `needs the kernel module sch_netem, which this kernel (${kernel}) does not have`
    await t.rejects(change(), { name: 'UnsupportedError', message: `delay: ${missing}` })
    await t.rejects(networks.changeEndpoint(FIRST.id, { options: { delay: 20e3 } }), {
      message: `delay: ${missing}`,
    })
    await t.rejects(networks.check(spec({ options: delay }), []), { message: `delay: ${missing}` })
    await t.rejects(networks.check(spec({ options: {}, uplink: { 'loss.down': 1 } }), []), {
      message: `loss.down: ${missing}`,
    })
    t.strictSame([await everything(host), store.networks(), store.endpoints()], before)
  },
)

t.test('members that come side by side to a shared rate have the parts that all together make', async (t) => {
  using host = await namespaceHost()
  const { networks, keeper } = await openPair(t, host, spec({ options: {}, shared: 30e6 }))
  for (const { id } of [FIRST, SECOND]) await networks.removeEndpoint(id)
  const wanted = [{ ...FIRST, options: { min: 12e6 } }, SECOND]
  await Promise.all(wanted.map((member) => networks.addEndpoint(member)))
  const classes = async () =>
    [...(await host.sh(`tc class show dev ${IFB}`)).matchAll(/htb 1:1[12] .* rate (\w+) ceil/g)]
      .map(([, rate]) => rate)
      .toSorted()
  t.strictSame(await classes(), ['12Mbit', '18Mbit'])
  t.strictSame(await keeper.reconcile(), [])
  await networks.removeEndpoint(FIRST.id)
  t.strictSame(await classes(), ['8Kbit'], 'and when one goes, those of the others')
  t.strictSame(await keeper.reconcile(), [])
})
