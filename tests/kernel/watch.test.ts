import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { watchHost } from '../../lib/features/filter/watch.ts'
import { planNetwork } from '../../lib/features/link/network.ts'
import { applyPlan } from '../../lib/plan/plan.ts'
import { Background } from '../../lib/values/background.ts'
import { endpointSpec, IPV6_SUBNET, idOf, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import { until } from '../support/until.ts'
import { openParts } from '../unit/fixtures/parts.ts'
import { faultsOf } from './fixtures/real.ts'

const network = networkSpec()

/** A host with a network and an engine's chains, whose rules are watched. */
async function watched(t: Test, host: Namespace) {
  for (const line of ['-P FORWARD DROP', '-N DOCKER-USER', '-I FORWARD -j DOCKER-USER', '-N DOCKER'])
    await host.sh(`iptables-nft -w ${line}`)
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  const { firewall, keeper, store } = parts
  store.addNetwork(network)
  await firewall.admit(network, [])
  await firewall.expect(network)
  const checks: boolean[] = []
  const warnings: string[] = []
  const repairs: string[] = []
  const background = new Background((text) => warnings.push(text))
  watchHost({
    host,
    background,
    check: async () => {
      // The namespace may go while a look is under way.
      const isRepair = await firewall.repair({ busy: true }).catch(() => false)
      checks.push(isRepair)
      return isRepair
    },
    checkUntold: () => firewall.repairLegacy(),
    checkBridges: async () => (await keeper.reconcileBridges()).length > 0,
    checkForwarding: async () => {
      const found = await keeper.reconcileForwarding()
      repairs.push(...faultsOf(found))
      return found.length > 0
    },
    warn: (text) => warnings.push(text),
  })
  const stop = () => background.stop()
  t.teardown(stop)
  await until('the first check', () => checks.length === 1)
  t.strictSame(checks, [false], 'all is as it should be')
  return { ...parts, checks, repairs, warnings, stop }
}

/** Process ids of the children of this process that follow. */
const followers = (): number[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('nft\0monitor'))
    .map(Number)

const follower = (other?: number): Promise<number> =>
  until('nft to follow', () => followers().find((pid) => pid !== other) ?? 0)

const isWhole = async (host: Namespace): Promise<boolean> =>
  /comment sluice/.test(await host.sh('iptables-nft -w -S')) &&
  /iifname @bridges goto ours/.test(await host.sh('nft list table inet sluice'))

const damages = [
  'nft delete table inet sluice',
  'nft flush table inet sluice',
  'nft flush chain inet sluice forward',
  'iptables-nft -w -F DOCKER-USER',
  'iptables-nft -w -F',
]

t.test('what somebody takes away is back within seconds, with no more than one check after it', async (t) => {
  using host = await namespaceHost()
  const { checks, warnings } = await watched(t, host)
  for (const damage of damages) {
    const before = checks.length
    const begun = performance.now()
    await host.sh(damage)
    await until('the repair', () => checks.length > before, { timeout: 5000, every: 10 })
    t.ok(await isWhole(host), `${damage}: back after ${Math.round(performance.now() - begun)} ms`)
    await sleep(2500)
    t.strictSame(checks.slice(before).filter(Boolean), [true], 'one repair')
    t.ok(checks.length - before <= 2, 'and at most one look at what it did')
  }
  t.strictSame(warnings, [])
})

t.test('our own elements and Docker’s rules for containers cost no check', async (t) => {
  using host = await namespaceHost()
  const { firewall, checks } = await watched(t, host)
  for (let count = 0; count < 20; count++) {
    const element = { set: 'any4', key: [6, 8000 + count], value: ['10.9.0.2', 80] }
    await firewall.put([element])
    await host.sh(`iptables-nft -w -A DOCKER -d 10.9.0.${count + 1} -p tcp --dport 80 -j ACCEPT`)
    await host.sh(`iptables-nft -w -t nat -A POSTROUTING -s 10.9.0.${count + 1} -j MASQUERADE`)
    await firewall.take([element])
  }
  await sleep(1500)
  t.equal(checks.length, 1)
})

t.test('nft begins again before what it remembers is much', async (t) => {
  using host = await namespaceHost()
  const { warnings } = await watched(t, host)
  const first = await follower()
  const numbers = Array.from({ length: 3000 }, (_, number) => number)
  const input = `add table inet other
    add set inet other known { type mark; }
    add element inet other known { ${numbers} }`
  await host.exec(['nft', '-f', '-'], { input })
  await follower(first)
  t.strictSame(warnings, [])
})

t.test('nft that is killed begins again, and nothing of it outlives the end', async (t) => {
  using host = await namespaceHost()
  const { checks, warnings, stop } = await watched(t, host)
  const first = await follower()
  t.equal(followers().length, 1)
  process.kill(first, 'SIGKILL')
  const second = await follower(first)
  await until('a look at what was missed', () => checks.length === 2)
  t.equal(warnings.length, 1, String(warnings))
  await host.sh('nft delete table inet sluice')
  await until('the repair', () => checks.at(-1), { timeout: 5000 })
  await stop()
  t.notOk(followers().includes(second))
})

const outward = (host: Namespace) => host.sh('nft list set inet sluice outward')

t.test('a bridge is a way out for as long as it is there, and none of an engine’s ever is', async (t) => {
  using host = await namespaceHost()
  const { checks, warnings } = await watched(t, host)
  const line = (text: string) => host.sh(text)
  await line('ip link add br-0123456789ab type bridge')
  await line('ip link add sl-0123456789ab group 20942 type bridge')
  const begun = performance.now()
  await line('ip link add br-lan type bridge')
  await until('the way out', async () => /br-lan/.test(await outward(host)), { timeout: 5000, every: 10 })
  t.ok(performance.now() - begun < 2000, `known after ${Math.round(performance.now() - begun)} ms`)
  t.notMatch(await outward(host), /0123456789ab/)

  // As an engine makes one with a name that the user chose: the rules follow within a moment.
  await line('ip link add mine type bridge')
  await line('iptables-nft -w -N DOCKER-ISOLATION-STAGE-2')
  await line('iptables-nft -w -A DOCKER-ISOLATION-STAGE-2 -o mine -j DROP')
  await sleep(2000)
  t.notMatch(await outward(host), 'mine', 'Docker 20.10')
  for (const [bridge, rule] of [
    ['late', '-o late -j DOCKER'],
    ['inner', '! -s 10.1.0.0/24 -o inner -j DROP'],
  ] as const) {
    await line(`ip link add ${bridge} type bridge`)
    await sleep(1500)
    await host.sh('iptables-nft -w -N DOCKER-BRIDGE').catch(() => undefined)
    await line(`iptables-nft -w -A DOCKER-BRIDGE ${rule}`)
    await until('its end', async () => !(await outward(host)).includes(bridge), { timeout: 3000, every: 10 })
  }

  await line('ip link del br-lan')
  await until('its end', async () => !/br-lan/.test(await outward(host)), { timeout: 3000, every: 10 })
  t.strictSame(checks.filter(Boolean), [], 'none of it is a repair')
  t.strictSame(warnings, [])
})

t.test('forwarding that somebody switches off is on again, where a member needs it', async (t) => {
  using host = await namespaceHost()
  const { networks, repairs } = await watched(t, host)
  const keys = ['ipv4.ip_forward', 'ipv6.conf.all.forwarding'] as const
  const [key4, key6] = keys
  const value = (key: string) => host.sh(`sysctl -n net.${key}`)
  const set = (key: string, to: number) => host.sh(`sysctl -qw net.${key}=${to}`)
  for (const key of keys) await set(key, 1)
  await set(key4, 0)
  await sleep(1500)
  t.equal(await value(key4), '0', 'nobody needs it')

  await applyPlan(planNetwork(network), host)
  await networks.addEndpoint(endpointSpec())
  t.equal(await value(key4), '1')
  await set(key4, 0)
  await set(key6, 0)
  await until('forwarding', async () => (await value(key4)) === '1', { timeout: 3000, every: 10 })
  await sleep(1000)
  t.equal(await value(key6), '0', 'the network has no IPv6')
  t.strictSame(repairs, ['net.ipv4.ip_forward was off: switched on again'])

  const dual = networkSpec({ id: idOf('a2'), ipv4: [], ipv6: [IPV6_SUBNET] })
  await networks.addNetwork(dual)
  await networks.addEndpoint({ ...endpointSpec(), id: idOf('b2'), networkId: dual.id })
  await set(key6, 0)
  await until('forwarding', async () => (await value(key6)) === '1', { timeout: 3000, every: 10 })
})
