import t, { type Test } from 'tap'
import type { LinkOptions } from '../../../../lib/model/link.ts'
import type { NetworkSpec } from '../../../../lib/model/network.ts'
import { memberSpec, NETWORK, networkSpec } from '../../../support/messages.ts'
import { EVERYTHING } from '../../fixtures/abilities.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openParts } from '../../fixtures/parts.ts'

const [FIRST, SECOND] = [memberSpec(2), memberSpec(3)]
const HOST_END = 'sv-b20000000000'
const IFB = 'si-a10000000000'

/**
 * A network with two members on a host that keeps what it is told. `fails` says which line is to fail from
 * now on.
 */
async function open(t: Test, spec: Partial<NetworkSpec>, capable = EVERYTHING) {
  let fails = (_: string): boolean => false
  const host = agreeableHost({ fail: (line) => (fails(line) ? 'Error: Invalid argument' : undefined) })
  const directory = t.testdir()
  const parts = openParts(host, directory, { capable })
  t.teardown(() => (parts.database.isOpen ? parts.close() : undefined))
  await parts.networks.addNetwork(networkSpec(spec))
  for (const member of [FIRST, SECOND]) await parts.networks.addEndpoint(member)
  return {
    ...parts,
    host,
    all: () => [host.state(), parts.store.networks(), parts.store.endpoints()],
    classes: () => host.state().flatMap((line) => /^class si-\S+ (1:1[1-9] .*)/.exec(line)?.[1] ?? []),
    failOn: (which: typeof fails) => {
      fails = which
    },
    reopen: () => {
      parts.close()
      const again = openParts(host, directory, { capable })
      t.teardown(again.close)
      return again
    },
  }
}

t.test('changeNetwork() takes all that can change from what it is told, and keeps the rest', async (t) => {
  const { networks, reopen } = await open(t, { options: { rate: 10e6 }, shared: 20e6, uplink: { rate: 1e6 } })
  await networks.changeNetwork(NETWORK, {
    options: { rate: 10e6, 'delay.up': 20e3 },
    given: { rate: '10mbit', 'delay.up': '20ms' },
  })
  const { shared, uplink, options, given, bridge, kept } = reopen().networks.network(NETWORK)
  t.strictSame([shared, uplink], [undefined, undefined], 'what it is not told is not there any more')
  t.strictSame([options, bridge], [{ rate: 10e6, 'delay.up': 20e3 }, 'sl-a10000000000'])
  t.strictSame(given, { rate: '10mbit', 'delay.up': '20ms' })
  t.strictSame(kept, { up: true, down: true }, 'the uplink keeps its qdiscs, wide open')
})

t.test('changeNetwork() changes every member, but for what is its own', async (t) => {
  const { networks, host } = await open(t, { options: { rate: 10e6 } })
  await networks.changeEndpoint(FIRST.id, { options: { 'rate.down': 1e6 } })
  await networks.changeNetwork(NETWORK, { options: { rate: 5e6 } })
  const rates = host
    .state()
    .flatMap((line) => /^qdisc (sv-\S+) root 1: tbf rate (\d+)bit/.exec(line)?.slice(1) ?? [])
  t.strictSame(rates, [HOST_END, '1000000', 'sv-b30000000000', '5000000'])
})

t.test('changeEndpoint() touches the one member alone', async (t) => {
  const { networks, host, store } = await open(t, { options: { rate: 10e6 } })
  const lines = host.lines.length
  await networks.changeEndpoint(FIRST.id, {
    options: { 'rate.up': 2e6 },
    given: { 'rate.up': '2mbit' },
  })
  const set = host.lines.slice(lines).filter((line) => !line.includes(' show'))
  t.ok(set.length > 0)
  for (const line of set) t.ok(/ classid 1:11 | parent (1:11|\w*11:1) /.test(line), line)
  t.match(store.endpoint(FIRST.id), { options: { 'rate.up': 2e6 }, given: { 'rate.up': '2mbit' } })
  t.match(store.endpoint(SECOND.id), { options: {} })
})

t.test(
  'members of a shared rate have their parts anew when one of them changes, comes or goes',
  async (t) => {
    const { networks, classes, keeper } = await open(t, { shared: 30e6 })
    const rates = () => classes().map((line) => /rate (\d+)bit/.exec(line)?.[1])
    t.strictSame(rates(), ['8000', '8000'])
    await networks.changeEndpoint(FIRST.id, { options: { min: 12e6, priority: 0 } })
    t.strictSame(rates(), ['12000000', '18000000'])
    await networks.addEndpoint(memberSpec(4))
    t.strictSame(rates(), ['12000000', '9000000', '9000000'])
    await networks.removeEndpoint(memberSpec(4).id)
    t.strictSame(rates(), ['12000000', '18000000'])
    await networks.removeEndpoint(FIRST.id)
    t.strictSame(rates(), ['8000'])
    t.ok(keeper)
  },
)

t.test('members that come side by side end with the parts that all together make', async (t) => {
  const { networks, classes } = await open(t, { shared: 30e6 })
  for (const { id } of [FIRST, SECOND]) await networks.removeEndpoint(id)
  const wanted: [number, LinkOptions][] = [
    [2, { min: 12e6 }],
    [3, {}],
    [4, { min: 6e6 }],
  ]
  await Promise.all(wanted.map(([number, options]) => networks.addEndpoint(memberSpec(number, options))))
  t.strictSame(
    classes()
      .map((line) => /rate (\d+)bit/.exec(line)?.[1])
      .toSorted(),
    ['12000000', '12000000', '6000000'],
  )
})

const changes: Record<
  string,
  [before: Partial<NetworkSpec>, after: Pick<NetworkSpec, 'options' | 'shared' | 'uplink'>]
> = {
  'a rate': [{ options: { rate: 10e6 } }, { options: { rate: 20e6 } }],
  'a shape where there was none': [{}, { options: { rate: 10e6, delay: 20e3, loss: 1 } }],
  'a delay that goes': [{ options: { delay: 20e3 } }, { options: {} }],
  'a queue': [{ options: { rate: 10e6 } }, { options: { rate: 10e6, queue: 'cake' } }],
  'a distribution': [
    { options: { delay: 20e3, jitter: 1e3, 'delay.distribution': 'normal' } },
    { options: { delay: 20e3, jitter: 1e3, 'delay.distribution': 'pareto' } },
  ],
  'duplicates, which want a device of their own': [
    { options: { rate: 10e6 } },
    { options: { rate: 10e6, duplicate: 1 } },
  ],
  'no duplicates any more': [{ options: { rate: 10e6, duplicate: 1 } }, { options: { rate: 10e6 } }],
  'a shared rate and an uplink': [
    { options: { rate: 10e6 } },
    { options: { rate: 10e6, min: 1e6 }, shared: 15e6, uplink: { rate: 5e6, delay: 10e3 } },
  ],
}

for (const [name, [before, after]] of Object.entries(changes))
  t.test(`a change of ${name} that fails at any line leaves host and store as they were`, async (t) => {
    const { networks, all, failOn } = await open(t, before)
    const first = all()
    for (let count = 0; ; count += 1) {
      let left = count
      failOn((line) => !line.includes(' show') && left-- === 0)
      const change = networks.changeNetwork(NETWORK, after)
      const error = await change.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      )
      failOn(() => false)
      if (!error) {
        t.ok(count > 0, `${count} lines`)
        break
      }
      t.match(error.message, /Invalid argument/, `line ${count + 1}`)
      t.strictSame(all(), first, `line ${count + 1}: ${error.message}`)
    }
    const [host] = all()
    t.strictNotSame(host, first[0])
    await networks.changeNetwork(NETWORK, after)
    t.strictSame(all()[0], host, 'the same once more is nothing')
  })

t.test('a change that the kernel takes without a word and does not keep is taken back', async (t) => {
  const { networks, all, host } = await open(t, { options: { rate: 10e6 } })
  const first = all()
  const deaf = host.run
  // It goes on saying 10mbit.
  host.run = async (program, lines, mode) => {
    const { stdout, failures } = await deaf(program, lines, mode)
    return { stdout: stdout.replaceAll('"rate":2500000', '"rate":1250000'), failures }
  }
  await t.rejects(
    networks.changeNetwork(NETWORK, { options: { rate: 20e6 } }),
    /^the kernel did not keep the change: .*tbf 1: on sv-\S+ has rate 1250000, not 2500000/,
  )
  t.strictSame(all(), first)
})

t.test('what the kernel lacks is refused by its name before anything is touched', async (t) => {
  const bare = {
    ...EVERYTHING,
    qdiscs: { netem: false, fq_codel: false, cake: false, sfq: false },
    seed: false,
  }
  const { networks, all, host } = await open(t, { options: { rate: 10e6 } }, bare)
  const [first, lines] = [all(), host.lines.length]
  const lacks: [Pick<NetworkSpec, 'options' | 'uplink'>, RegExp][] = [
    [
      { options: { delay: 20e3 } },
      /^delay: needs the kernel module sch_netem, which this kernel \(6\.12\.0\)/,
    ],
    [{ options: {}, uplink: { loss: 1 } }, /^(uplink\.)?loss: needs the kernel module sch_netem/],
    [{ options: { rate: 1e6, queue: 'cake' } }, /^queue: needs the kernel module sch_cake/],
  ]
  for (const [change, message] of lacks)
    await t.rejects(networks.changeNetwork(NETWORK, change), { name: 'UnsupportedError', message })
  t.strictSame([all(), host.lines.length], [first, lines])
  t.match(
    host.state().filter((line) => line.includes(HOST_END) || line.includes(IFB)),
    [],
    'no netem where there is none',
  )
  t.notMatch(host.state().join('\n'), 'netem')
})

t.test('guarantees that come to more than there is are refused, whoever asks', async (t) => {
  const { networks, all } = await open(t, { shared: 10e6, options: { min: 4e6 } })
  const first = all()
  const message = /^min: expected the members' guarantees to come to the network.rate of \w+ at most/
  await t.rejects(networks.addEndpoint(memberSpec(4)), { message })
  await t.rejects(networks.changeEndpoint(FIRST.id, { options: { min: 7e6 } }), { message })
  await t.rejects(networks.changeNetwork(NETWORK, { options: { min: 4e6 }, shared: 7e6 }), { message })
  t.strictSame(all(), first)
})
