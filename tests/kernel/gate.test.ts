import t, { type Test } from 'tap'
import type { Firewall } from '../../lib/features/filter/firewall.ts'
import { IPV6_SUBNET, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import { openParts } from '../unit/fixtures/parts.ts'

const GATE = '-A DOCKER-USER -m mark --mark 0x1000/0x1000 -m comment --comment sluice -j ACCEPT'
const ADMIN = '-s 203.0.113.0/24 -j DROP'
const backends = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'] as const

/** Docker's chains as engines up to 27 make them, with RETURN, or later ones, without. */
const dockerChains = async (host: Namespace, backend: string, lines: readonly string[]): Promise<void> => {
  for (const line of ['-P FORWARD DROP', '-N DOCKER-USER', '-I FORWARD 1 -j DOCKER-USER', ...lines])
    await host.sh(`${backend} -w ${line}`)
}

const listed = async (host: Namespace, backend: string): Promise<string[]> =>
  (await host.sh(`${backend} -w -S`))
    .split('\n')
    .filter((line) => line.startsWith('-A') && !line.startsWith('-A FORWARD -j DOCKER'))

/** In both families, so that the gate is in both. */
const network = networkSpec({ ipv6: [IPV6_SUBNET] })

/** Admits, and waits for the gate as an endpoint does. */
const admit = async (firewall: Firewall): Promise<void> => {
  await firewall.admit(network, [])
  await firewall.expect(network)
}

const open = (t: Test, host: Namespace) => {
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  parts.store.addNetwork(network)
  return parts
}

for (const backend of backends) {
  const source = backend.startsWith('ip6') ? ADMIN.replace('203.0.113.0/24', '2001:db8::/32') : ADMIN
  const admin = `-A DOCKER-USER ${source}`

  t.test(
    `the gate comes into the DOCKER-USER of ${backend}, behind the administrator's rules, and goes`,
    async (t) => {
      for (const end of [[], ['-A DOCKER-USER -j RETURN']]) {
        using host = await namespaceHost()
        await dockerChains(host, backend, [admin, ...end])
        const before = await listed(host, backend)
        const { firewall, store } = open(t, host)
        for (const _ of [1, 2]) await admit(firewall)
        t.strictSame(await listed(host, backend), [admin, GATE, ...end])
        t.notOk(await firewall.repair())
        store.networkLeaving(network.id)
        for (const _ of [1, 2]) await firewall.dismiss(network)
        t.strictSame(await listed(host, backend), before)
      }
    },
  )

  t.test(`the gate comes back into ${backend}`, async (t) => {
    using host = await namespaceHost()
    await dockerChains(host, backend, ['-A DOCKER-USER -j RETURN'])
    const { firewall } = open(t, host)
    await admit(firewall)
    for (const damage of [`-D ${GATE.slice(3)}`, `-I ${GATE.slice(3)}`, '-F DOCKER-USER']) {
      await host.sh(`${backend} -w ${damage}`)
      t.ok(await firewall.repair(), damage)
      t.equal((await listed(host, backend)).filter((line) => line === GATE).length, 1)
    }
  })
}

t.test(
  'the gate is in FORWARD while that drops and there is no engine, and moves once there is',
  async (t) => {
    using host = await namespaceHost()
    await host.sh('iptables-nft -w -P FORWARD DROP')
    const { firewall } = open(t, host)
    await admit(firewall)
    t.strictSame(await listed(host, 'iptables-nft'), [GATE.replace('DOCKER-USER', 'FORWARD')])
    await dockerChains(host, 'iptables-nft', [])
    t.ok(await firewall.repair())
    t.strictSame(await listed(host, 'iptables-nft'), [GATE])
  },
)

t.test(
  'the gate is behind Docker’s rules in FORWARD while some never come to the end of DOCKER-USER',
  async (t) => {
    using host = await namespaceHost()
    await dockerChains(host, 'iptables-nft', ['-N DOCKER-FORWARD', '-I FORWARD 2 -j DOCKER-FORWARD'])
    const { firewall } = open(t, host)
    await admit(firewall)
    const behind = ['-A FORWARD -j ufw', GATE.replace('DOCKER-USER', 'FORWARD')]
    for (const line of ['-N ufw', '-A FORWARD -j ufw']) await host.sh(`iptables-nft -w ${line}`)
    t.notOk(await firewall.repair(), 'it is in DOCKER-USER, whatever others have in FORWARD')
    const early = '-A DOCKER-USER -s 10.0.0.0/8 -j RETURN'
    await host.sh(`iptables-nft -w ${early}`)
    t.ok(await firewall.repair())
    t.strictSame(await listed(host, 'iptables-nft'), [...behind.toReversed(), early])
    t.notOk(await firewall.repair(), 'there it stays')
    await host.sh('iptables-nft -w -F DOCKER-USER')
    t.ok(await firewall.repair())
    t.strictSame(await listed(host, 'iptables-nft'), [behind[0], GATE])
  },
)

for (const backend of backends)
  t.test(`the gate is in FORWARD once ${backend} -F has taken Docker’s jump along`, async (t) => {
    using host = await namespaceHost()
    await dockerChains(host, backend, ['-A DOCKER-USER -j RETURN'])
    const { firewall } = open(t, host)
    await admit(firewall)
    await host.sh(`${backend} -w -F`)
    t.ok(await firewall.repair())
    t.strictSame(await listed(host, backend), [GATE.replace('DOCKER-USER', 'FORWARD')])
    await host.sh(`${backend} -w -I FORWARD -j DOCKER-USER`)
    t.ok(await firewall.repair(), 'the engine comes back')
    t.strictSame(await listed(host, backend), [GATE])
  })

t.test('repairLegacy() sets the gate right in legacy iptables, and looks nowhere else', async (t) => {
  using host = await namespaceHost()
  for (const backend of ['iptables-nft', 'iptables-legacy']) await dockerChains(host, backend, [])
  const { firewall } = open(t, host)
  await admit(firewall)
  for (const backend of ['iptables-nft', 'iptables-legacy']) await host.sh(`${backend} -w -F DOCKER-USER`)
  t.ok(await firewall.repairLegacy())
  t.strictSame(await listed(host, 'iptables-legacy'), [GATE])
  t.strictSame(await listed(host, 'iptables-nft'), [])
  t.notOk(await firewall.repairLegacy())
})

t.test('an engine that comes after the network is found by expect() or repair()', async (t) => {
  using host = await namespaceHost()
  const { firewall } = open(t, host)
  await admit(firewall)
  await dockerChains(host, 'iptables-nft', ['-A DOCKER-USER -j RETURN'])
  await firewall.expect(network)
  t.strictSame(
    await listed(host, 'iptables-nft'),
    ['-A DOCKER-USER -j RETURN'],
    'it looks every five seconds only',
  )
  t.ok(await firewall.repair())
  t.strictSame(await listed(host, 'iptables-nft'), [GATE, '-A DOCKER-USER -j RETURN'])
  // IPv6 has no such chain here: the first to come after a repair looks for it once.
  await firewall.expect(network)
  await host.sh(`iptables-nft -w -D ${GATE.slice(3)}`)
  await firewall.expect(network)
  t.strictSame(
    await listed(host, 'iptables-nft'),
    ['-A DOCKER-USER -j RETURN'],
    'it looks every five seconds only, again',
  )
})

t.test('a host without filters gets none', async (t) => {
  using host = await namespaceHost()
  const { firewall } = open(t, host)
  await admit(firewall)
  t.strictSame(await listed(host, 'iptables-nft'), [])
  t.equal(
    (await host.read('/proc/net/ip_tables_names'))?.trim() ?? '',
    '',
    'asking did not make the legacy tables',
  )
})
