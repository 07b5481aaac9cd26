import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { chainsOf, NOTHING_PASSED, type Passed, passedBy } from '../../lib/features/shaping/passed.ts'
import { resolveLink } from '../../lib/features/shaping/resolve.ts'
import { readCounters } from '../../lib/kernel/readings.ts'
import type { LinkOptions } from '../../lib/model/link.ts'
import { mediumName } from '../../lib/values/names.ts'
import { memberSpec, NETWORK } from '../support/messages.ts'
import type { Namespace } from '../support/namespace-host.ts'
import { until } from '../support/until.ts'
import { startDatagrams } from './fixtures/datagrams.ts'
import { createLan, type Lan } from './fixtures/lan.ts'
import { abilities } from './fixtures/real.ts'

t.setTimeout(240_000)

/** A share of the rate. TCP with timestamps has 1448 of a frame's 1514 bytes for its payload, 95.6 %. */
const [LEAST, MOST] = [0.92, 0.96]

interface Report {
  readonly end: { readonly sum_received: { readonly bits_per_second: number } }
}

/** iperf3 from 3.17 on counts whole blocks alone, and its own have 128 KiB, half of what 1 Mbit/s brings. */
const BLOCK = ' --length 8K'

/**
 * bit/s that the receiver's line of `iperf3 -t 2` shows, as a person types it who looks for the first time.
 */
async function firstLook(client: Namespace, server: Namespace, flags = ''): Promise<number> {
  const serving = server.sh('iperf3 --server --one-off --idle-timeout 20')
  await until('iperf3 to listen', async () => (await server.sh('ss -Hltn sport = :5201')) !== '')
  const report = await client.sh(`iperf3 --client 10.9.0.3 --time 2 --json${BLOCK}${flags}`)
  await serving
  return (JSON.parse(report) as Report).end.sum_received.bits_per_second
}

/** Other work on the machine only ever slows: one of three must reach it, and none may be above. */
async function shows(t: Test, title: string, rate: number, look: () => Promise<number>): Promise<void> {
  const seen: number[] = []
  do seen.push((await look()) / rate)
  while ((seen.at(-1) ?? 0) < LEAST && seen.length < 3)
  const shares = seen.map((share) => `${(share * 100).toFixed(1)} %`).join(', ')
  t.ok(Math.max(...seen) >= LEAST && Math.max(...seen) <= MOST + 0.015, `${title}: ${shares}`)
}

const FLAGS = ['', ' --reverse', ' --congestion cubic', ' --congestion cubic --parallel 4']

for (const rate of [1e6, 10e6, 100e6])
  t.test(`two seconds of iperf3 show ${rate / 1e6} Mbit/s`, async (t) => {
    await using lan = await createLan(t, { options: { rate } })
    const [client, server] = [await lan.join(2), await lan.join(3)]
    for (const flags of FLAGS)
      await shows(t, `iperf3 -t 2${flags}`, rate, () => firstLook(client, server, flags))
  })

for (const [title, options, flags] of [
  ['up', { 'rate.up': 10e6 }, ''],
  ['down', { 'rate.down': 10e6 }, ' --reverse'],
] as const)
  t.test(`two seconds of iperf3 show a cap ${title} alone`, async (t) => {
    await using lan = await createLan(t)
    const [capped, free] = [await lan.join(2, options), await lan.join(3)]
    for (const more of ['', ' --congestion cubic'])
      await shows(t, `iperf3 -t 2${flags}${more}`, 10e6, () => firstLook(capped, free, flags + more))
  })

t.test('two seconds of iperf3 show a rate that members share', async (t) => {
  await using lan = await createLan(t, { shared: 10e6 })
  const [client, server] = [await lan.join(2), await lan.join(3)]
  // What acknowledges takes a part of the shared rate as well.
  await shows(t, 'iperf3 -t 2', 10e6 / 1.03, () => firstLook(client, server))
})

/** What the first member has sent, and what of it was dropped. */
async function sent({ host, parts }: Lan): Promise<Passed> {
  const endpoint = parts.store.endpoints(NETWORK).find(({ spec }) => spec.id === memberSpec(2).id)?.spec
  const network = parts.store.network(NETWORK)
  if (!network || !endpoint) throw new Error('there is no first member')
  const chains = chainsOf(resolveLink(network, endpoint, { abilities: await abilities() }).layout)
  const up = chains.find(([first]) => first?.device === mediumName(NETWORK))
  return passedBy(up ?? [], await readCounters(host)) ?? NOTHING_PASSED
}

/** One datagram at a time, each of which the link has sent before the next comes. */
async function datagrams(t: Test, lan: Lan, bytes: number, pause: number) {
  const [from, to] = [await lan.join(2), await lan.join(3)]
  const stream = await startDatagrams(t, { from, to, address: '10.9.0.3', lump: 1, pause, bytes })
  await sleep(8 * pause)
  return stream.end(2 * pause)
}

const LARGE = [
  { rate: 1e6, bytes: 16_000, wait: 200e3, pause: 250 },
  { rate: 500e3, bytes: 16_000, wait: 400e3, pause: 500 },
  { rate: 10e6, bytes: 65_000, wait: 60e3, pause: 150 },
] as const

for (const { rate, bytes, wait, pause } of LARGE) {
  const options: LinkOptions = { rate, 'queue.limit': wait }
  t.test(`datagrams of ${bytes} bytes pass ${rate / 1e6} Mbit/s with a queue that holds one`, async (t) => {
    await using lan = await createLan(t, { options })
    const { sent: offered, lost } = await datagrams(t, lan, bytes, pause)
    t.ok(offered >= 6, `${offered} were sent`)
    t.equal(lost, 0, 'none was lost')
    t.equal((await sent(lan)).drops, 0)
  })

  t.test(`datagrams of ${bytes} bytes at ${rate / 1e6} Mbit/s are dropped by the limit`, async (t) => {
    await using lan = await createLan(t, { options: { rate, 'queue.limit': 10e3 } })
    const { sent: offered, lost } = await datagrams(t, lan, bytes, pause)
    t.equal(lost, offered, 'none arrives')
    const { drops, loss } = await sent(lan)
    t.ok(drops >= offered, `${offered} were sent, ${drops} frames dropped`)
    t.equal(loss, 0, 'and by nothing else')
  })
}
