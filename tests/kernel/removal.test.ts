import t, { type Test } from 'tap'
import { CommandError } from '../../lib/kernel/command-error.ts'
import type { Host } from '../../lib/kernel/host.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost, stateOf } from '../support/namespace-host.ts'
import { openReal } from './fixtures/real.ts'

t.setTimeout(300_000)

/** A host on which one program fails whatever it is told to do, while `broken.is`. */
function breaking(host: Namespace, program: string) {
  const broken = { is: false }
  const brittle: Host = {
    ...host,
    run: async (name, lines, mode) => {
      if (!broken.is || name !== program || lines.length === 0) return host.run(name, lines, mode)
      const failures = lines.map((line, index) => new CommandError(name, line, 'Bus error', index))
      if (mode === 'strict') throw failures[0]
      return { stdout: '', failures }
    },
    show: async (name, args) => {
      if (broken.is && name === program) throw new CommandError(name, args.join(' '), 'Bus error', 0)
      return host.show(name, args)
    },
  }
  return { broken, brittle }
}

const network = networkSpec({
  options: { rate: 10e6 },
  shared: 50e6,
  passage: { icc: false },
  ipv6: [IPV6_SUBNET],
})
const endpoint = endpointSpec()
const other = networkSpec({ id: 'c2'.padEnd(64, '0'), bridge: 'sl-c20000000000' })

const open = async (t: Test, program: string) => {
  const host = await namespaceHost()
  t.teardown(() => host[Symbol.dispose]())
  const { broken, brittle } = breaking(host, program)
  // Docker's filter, with our gate to set in it.
  const backend = /tables-legacy$/.test(program) ? 'legacy' : 'nft'
  for (const family of ['iptables', 'ip6tables'])
    for (const chain of ['-N DOCKER-USER', '-A FORWARD -j DOCKER-USER'])
      await host.sh(`${family}-${backend} ${chain}`)
  const state = async () => {
    // nft does not show the rules of the legacy programs.
    const legacy = backend === 'legacy' ? ['iptables-legacy -S', 'ip6tables-legacy -S'] : []
    return [await stateOf(host), ...(await Promise.all(legacy.map((line) => host.sh(line))))]
  }
  const before = await state()
  const parts = await openReal(brittle, t.testdir())
  t.teardown(parts.close)
  return { ...parts, broken, host, before, state }
}

const backends = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy']

for (const program of ['ip', 'tc', 'nft', 'sysctl', ...backends]) {
  t.test(`a network whose member failed by ${program} can be removed`, async (t) => {
    const { networks, keeper, store, host, broken, before, state } = await open(t, program)
    await networks.addNetwork(network)
    broken.is = true
    await networks.addEndpoint(endpoint).catch(() => undefined)
    await networks.removeEndpoint(endpoint.id).catch(() => undefined)
    await networks.removeNetwork(network.id).catch(() => undefined)
    if (program !== 'ip') {
      t.strictSame(store.networks(), [], 'no row')
      t.notMatch(await host.sh('ip link show'), 'sl-', 'no bridge')
    }
    broken.is = false
    await keeper.reconcile()
    t.strictSame([store.networks(), store.endpoints()], [[], []])
    t.strictSame(await state(), before)
    t.strictSame(await keeper.reconcile(), [])
  })

  t.test(`what ${program} could not remove is no hindrance to the next network`, async (t) => {
    const { networks, keeper, store, broken, before, state } = await open(t, program)
    await networks.addNetwork(network)
    await networks.addEndpoint(endpoint)
    broken.is = true
    await networks.removeNetwork(network.id).catch(() => undefined)
    await networks.addNetwork(other).catch(() => undefined)
    broken.is = false
    await networks.removeNetwork(other.id)
    // Refused where anything of the first one is left.
    await networks.addNetwork({ ...other, ipv4: network.ipv4, ipv6: network.ipv6 })
    await networks.addEndpoint({ ...endpoint, networkId: other.id })
    await networks.removeNetwork(other.id)
    await keeper.reconcile()
    t.strictSame([store.networks(), store.endpoints()], [[], []])
    t.strictSame(await state(), before)
  })
}
