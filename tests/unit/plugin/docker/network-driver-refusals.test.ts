import t from 'tap'
import { createEndpoint, createNetwork, ENDPOINT, idOf, joinRequest } from '../../../support/messages.ts'
import { openDriver as open } from '../../fixtures/parts.ts'

const files = {
  '/proc/net/fib_trie':
    'Main:\n  |-- 172.17.0.0\n     /16 link UNICAST\n  |-- 172.17.0.1\n     /32 host LOCAL\n',
  '/proc/net/dev': 'Inter-| Receive\n face |bytes\ndocker0: 0 0\n',
}
const refused: Record<string, [ReturnType<typeof createNetwork>, RegExp]> = {
  'an unknown option': [createNetwork({ rat: '1mbit' }), /^rat: unknown option, did you mean rate\?$/],
  'a bad rate': [createNetwork({ rate: '10 potatoes' }), /^rate: expected a rate from 8kbit/],
  'a burst below a frame': [
    createNetwork({ rate: '1mbit', burst: '1kb' }),
    /^burst: expected at least one frame/,
  ],
  'a bridge that is there': [
    createNetwork({ 'com.docker.network.bridge.name': 'docker0' }),
    /^com.docker.network.bridge.name: interface docker0 is there already/,
  ],
  'a subnet with an address of the host’s': [
    createNetwork({}, { IPv4Data: [{ Pool: '172.17.0.0/24', Gateway: '172.17.0.1/24' }] }),
    /^subnet 172.17.0.0\/24: overlaps a network that the host is on already/,
  ],
  'a subnet that the host has': [
    createNetwork({}, { IPv4Data: [{ Pool: '172.17.0.0/16', Gateway: '172.17.9.1/16' }] }),
    /^subnet 172.17.0.0\/16: overlaps a network that the host is on already/,
  ],
}

for (const [subnet, words] of [
  ['0.0.0.0/8', 'begins with 0.0.0.0'],
  ['0.0.0.0/24', 'begins with 0.0.0.0'],
  ['127.0.0.0/8', 'is loopback'],
  ['127.5.0.0/16', 'is loopback'],
  ['224.1.0.0/16', 'is multicast'],
  ['239.255.255.0/24', 'is multicast'],
  ['::/64', 'has the unspecified address'],
  ['::1/128', 'has the unspecified address'],
  ['::ffff:10.9.0.0/112', 'is IPv4'],
  ['ff05::/64', 'is multicast'],
] as const)
  refused[`the subnet ${subnet}`] = [
    createNetwork({}, { [subnet.includes(':') ? 'IPv6Data' : 'IPv4Data']: [{ Pool: subnet }] }),
    new RegExp(`^subnet ${subnet.replaceAll('.', '\\.')}: ${words}`),
  ]

for (const [name, [message, error]] of Object.entries(refused))
  t.test(`CreateNetwork() refuses ${name} and leaves nothing behind`, async (t) => {
    const { driver, store, touched } = open(t, { files })
    await t.rejects(driver.CreateNetwork(message), { status: 400, message: error })
    t.strictSame([store.networks(), touched()], [[], []])
  })

t.test(
  "CreateNetwork() refuses a subnet of another of our networks, and the host's routes do not matter",
  async (t) => {
    const { driver } = open(t)
    await driver.CreateNetwork(createNetwork())
    await t.rejects(
      driver.CreateNetwork(
        createNetwork({}, { NetworkID: idOf('a2'), IPv4Data: [{ Pool: '10.9.0.128/25' }] }),
      ),
      /^subnet 10.9.0.128\/25: overlaps/,
    )
  },
)

t.test('CreateNetwork() takes subnets that are odd, and work', async (t) => {
  const { driver } = open(t, { files })
  const odd = ['0.5.0.0/16', '100.64.0.0/24', '169.254.7.0/24', '240.1.0.0/16', '255.255.255.0/24']
  for (const [index, Pool] of odd.entries())
    await driver.CreateNetwork(createNetwork({}, { NetworkID: idOf(`c${index}`), IPv4Data: [{ Pool }] }))
  for (const [index, Pool] of ['fe80:5::/64', 'fec0:5::/64', '64:ff9b::/96', '100::/64'].entries())
    await driver.CreateNetwork(
      createNetwork({}, { NetworkID: idOf(`d${index}`), IPv4Data: [], IPv6Data: [{ Pool }] }),
    )
})

for (const failing of ['ip link set dev sl-a10000000000 up', 'nft '])
  t.test(`CreateNetwork() leaves nothing behind when ${failing.trim()} fails`, async (t) => {
    const drop = (line: string) => (line.startsWith('iptables-nft -w -S') ? '-P FORWARD DROP' : undefined)
    const { driver, store, host } = open(t, {
      answer: drop,
      fail: (line) =>
        line.startsWith(failing) && !line.endsWith('delete table inet sluice')
          ? 'Operation not permitted'
          : undefined,
    })
    await t.rejects(driver.CreateNetwork(createNetwork()), { name: 'CommandError', failure: 'denied' })
    t.strictSame(store.networks(), [])
    t.ok(host.lines.includes('ip link del dev sl-a10000000000'), 'the bridge is gone')
  })

t.test('CreateEndpoint() refuses what it does not know, and leaves nothing behind', async (t) => {
  const { driver, store, touched } = open(t)
  await t.rejects(driver.CreateEndpoint(createEndpoint()), {
    name: 'NotFoundError',
    message: /^network a10+ is not one of this plugin's/,
  })
  await driver.CreateNetwork(createNetwork({ rate: '1mbit' }))
  const before = touched()
  await t.rejects(driver.CreateEndpoint(createEndpoint({ foo: 'bar' })), { message: /^foo: unknown option/ })
  await t.rejects(driver.CreateEndpoint(createEndpoint({ burst: '100' })), {
    message: /^burst: expected at least one frame/,
  })
  t.strictSame([store.endpoints(), touched()], [[], before])
})

t.test('CreateEndpoint() refuses a shape that the kernel did not keep', async (t) => {
  const { driver, store, host } = open(t, {
    answer: (line) => (line.startsWith('tc qdisc show') ? '[]' : undefined),
  })
  await driver.CreateNetwork(createNetwork({ 'rate.down': '1mbit' }))
  await t.rejects(
    driver.CreateEndpoint(createEndpoint()),
    /^the kernel did not keep the shape: no tbf 1: on sv-b10000000000; /,
  )
  t.strictSame([store.endpoints(), host.lines.at(-1)], [[], 'ip link del dev sv-b10000000000'])
})

t.test('Join() refuses what it does not know', async (t) => {
  const { driver } = open(t)
  t.throws(() => driver.Join(joinRequest), { name: 'NotFoundError', message: /^network / })
  await driver.CreateNetwork(createNetwork())
  t.throws(() => driver.Join(joinRequest), {
    name: 'NotFoundError',
    message: `endpoint ${ENDPOINT} is not one of this plugin's: connect it again`,
  })
})

t.test('CreateEndpoint() says so when the gate could not be opened', async (t) => {
  const { driver } = open(t, {
    answer: (line) => (line === 'iptables-nft -w -S' ? '-P FORWARD DROP\n-N DOCKER-USER' : undefined),
    fail: (line) => (line.startsWith('iptables-nft -I') ? 'Operation not permitted' : undefined),
  })
  await driver.CreateNetwork(createNetwork())
  await new Promise((resolve) => setTimeout(resolve, 50))
  await t.rejects(driver.CreateEndpoint(createEndpoint()), { name: 'CommandError', failure: 'denied' })
})
