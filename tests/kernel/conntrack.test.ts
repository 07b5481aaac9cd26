import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { forgetStrays, parseFlows } from '../../lib/kernel/conntrack.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import { startIn } from '../support/traffic-place.ts'
import type { Tick } from '../support/udp-flows.ts'
import { until } from '../support/until.ts'

const FLOWS = join(import.meta.dirname, '../support/udp-flows.ts')
const [FIRST, PORTS, INNER, OTHER] = [20_000, 1000, 9000, 30_000]
const all = new Set(Array.from({ length: PORTS }, (_, index) => FIRST + index))

const flows = (host: Namespace, ...words: (string | number)[]) =>
  startIn(host, [process.execPath, FLOWS, ...words.map(String)])

const tracked = async (host: Namespace, address: string) =>
  parseFlows(await host.sh(`conntrack -L -p udp -f ipv${address.includes(':') ? 6 : 4}`))

/** Flows are tracked for as long as a rule asks for it. */
const track = (host: Namespace, ip = 'ip') =>
  host.exec([
    'nft',
    `add table ${ip} t; add chain ${ip} t out { type nat hook output priority -100; }; add rule ${ip} t out ct state new counter`,
  ])

/** What tells a flow of one port from one that was tracked anew. */
const idOf = async (host: Namespace, port: number, ip: string) => {
  const family = ip === 'ip6' ? 'ipv6' : 'ipv4'
  return / id=(\d+)/.exec(
    await host.sh(`conntrack -L -f ${family} -p udp -o id --orig-port-dst ${port}`),
  )?.[1]
}

for (const [address, ip, elsewhere] of [
  ['127.0.0.1', 'ip', '127.0.0.2'],
  ['::1', 'ip6', '::2'],
] as const)
  t.test(`a thousand flows to ${address} that never pause go where their ports lead now`, async (t) => {
    using host = await namespaceHost()
    await track(host, ip)
    await host.sh('ip address add ::2/128 dev lo')
    const servers = [flows(host, 'answer', '::', FIRST, 1), flows(host, 'answer', elsewhere, OTHER, 1)]
    const [sender, other] = [
      flows(host, 'send', address, FIRST, PORTS, 1, 7),
      flows(host, 'send', elsewhere, OTHER, 1, 1, 7),
    ]
    await until('them to be tracked', async () => (await tracked(host, address)).length > PORTS)
    await until('two to be answered', async () => {
      const known = await tracked(host, address)
      return known.filter(({ isAnswered }) => isAnswered).length === 2
    })
    const others = await idOf(host, OTHER, ip)
    servers.push(flows(host, 'answer', '::', INNER, 1))
    const rule = `udp dport ${FIRST}-${FIRST + PORTS - 1} redirect to :${INNER}`
    await host.exec(['nft', `add rule ${ip} t out ${rule}`])
    await sleep(1000)
    const begun = Date.now()
    await forgetStrays(host, address === '::1' ? 6 : 4, all, new AbortController().signal)
    const took = Date.now() - begun
    t.ok(took < 1000, `${took} ms`)
    t.ok(others, 'it is tracked')
    t.equal(await idOf(host, OTHER, ip), others, 'an answered flow to another port is left alone')

    const ticks = JSON.parse(await sender.output()) as Tick[]
    const before = ticks.filter(({ at }) => at < begun)
    const after = ticks.filter(({ at }) => at > begun + took + 800)
    t.ok(before.length > 3 && before.every(({ answered }) => answered <= 1), 'no flow moves by itself')
    t.ok(
      after.some(({ answered }) => answered === PORTS),
      after.map(({ answered }) => answered).join(),
    )
    await other.output()
    await Promise.all(servers.map(({ kill }) => kill()))
  })

t.test('a signal ends it', async (t) => {
  using host = await namespaceHost()
  await track(host)
  const sender = flows(host, 'send', '127.0.0.1', FIRST, 10, 1, 2)
  await until('them to be tracked', async () => (await tracked(host, '127.0.0.1')).length === 10)
  const before = await idOf(host, FIRST, 'ip')
  await forgetStrays(host, 4, all, AbortSignal.abort())
  t.equal(await idOf(host, FIRST, 'ip'), before, 'nothing is forgotten')
  await forgetStrays(host, 4, all, new AbortController().signal)
  t.not(await idOf(host, FIRST, 'ip'), before, 'without it they are')
  await sender.output()
})
