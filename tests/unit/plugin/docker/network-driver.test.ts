import t from 'tap'
import {
  createEndpoint,
  createNetwork,
  ENDPOINT,
  idOf,
  joinRequest,
  NETWORK,
} from '../../../support/messages.ts'
import { openDriver as open } from '../../fixtures/parts.ts'

const DUAL = { IPv6Data: [{ Pool: 'fd09::/64', Gateway: 'fd09::1/64' }] }

t.test('GetCapabilities() says that networks are local and gateways are checked', async (t) => {
  t.strictSame(open(t).driver.GetCapabilities(), {
    Scope: 'local',
    ConnectivityScope: 'local',
  })
})

t.test('GwAllocCheck() wants a gateway in both families', async (t) => {
  t.strictSame(open(t).driver.GwAllocCheck(), { SkipIPv4: false, SkipIPv6: false })
})

t.test('CreateNetwork() makes the bridge, lets it through and writes it down', async (t) => {
  const { driver, host, store } = open(t)
  t.strictSame(await driver.CreateNetwork(createNetwork({ rate: '10mbit' })), {})
  t.match(store.networks(), [
    {
      ready: true,
      spec: {
        id: NETWORK,
        bridge: 'sl-a10000000000',
        mtu: 1500,
        options: { rate: 10e6 },
        ipv4: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1/24' }],
      },
    },
  ])
  t.ok(host.lines.some((line) => line.startsWith('ip link add name sl-a10000000000')))
  t.ok(host.lines.some((line) => line.includes('add element inet sluice bridges { "sl-a10000000000" }')))
})

t.test('CreateNetwork() takes the MTU of the default route', async (t) => {
  const files = {
    '/proc/net/route':
      'Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n',
    '/sys/class/net/eth0/mtu': '1400\n',
  }
  const { driver, store } = open(t, { files })
  await driver.CreateNetwork(createNetwork())
  t.equal(store.network(NETWORK)?.mtu, 1400)
})

t.test('CreateNetwork() does nothing more when it is repeated', async (t) => {
  const { driver, host } = open(t)
  await driver.CreateNetwork(createNetwork())
  const before = host.lines.length
  t.strictSame(await driver.CreateNetwork(createNetwork()), {})
  t.equal(host.lines.length, before)
})

t.test('CreateEndpoint() answers the MAC that it chose, and nothing that it was given', async (t) => {
  const { driver, store } = open(t)
  await driver.CreateNetwork(createNetwork())
  t.strictSame(await driver.CreateEndpoint(createEndpoint()), {
    Interface: { MacAddress: '02:42:0a:09:00:02' },
  })
  const given = createEndpoint(
    {},
    {
      EndpointID: idOf('b2'),
      Interface: { Address: '10.9.0.3/24', AddressIPv6: '', MacAddress: '02:AA:00:00:00:01' },
    },
  )
  t.strictSame(await driver.CreateEndpoint(given), {})
  t.match(store.endpoint(idOf('b2')), { mac: '02:aa:00:00:00:01', address4: '10.9.0.3', slot: 1 })
  t.strictSame(
    await driver.CreateEndpoint(createEndpoint()),
    { Interface: { MacAddress: '02:42:0a:09:00:02' } },
    'repeated',
  )
})

t.test('Join() answers the interface, its name and the gateways', async (t) => {
  const { driver, store } = open(t)
  await driver.CreateNetwork(createNetwork({ 'com.docker.network.container_iface_prefix': 'net' }, DUAL))
  await driver.CreateEndpoint(
    createEndpoint({}, { Interface: { Address: '10.9.0.2/24', AddressIPv6: 'fd09::2/64', MacAddress: '' } }),
  )
  const answer = {
    InterfaceName: { SrcName: 'sp-b10000000000', DstPrefix: 'net' },
    Gateway: '10.9.0.1',
    GatewayIPv6: 'fd09::1',
  }
  t.strictSame(driver.Join(joinRequest), answer)
  t.strictSame(driver.Join(joinRequest), answer, 'repeated')
  t.match(store.endpoints(), [{ joined: true }])
})

t.test('Join() names no gateway on an internal network', async (t) => {
  const { driver } = open(t)
  await driver.CreateNetwork(createNetwork({}, { Options: { 'com.docker.network.internal': true } }))
  await driver.CreateEndpoint(createEndpoint())
  t.strictSame(driver.Join(joinRequest), {
    InterfaceName: { SrcName: 'sp-b10000000000', DstPrefix: 'eth' },
    DisableGatewayService: true,
  })
})

t.test('DeleteEndpoint() and DeleteNetwork() take all back, and may be repeated', async (t) => {
  const { driver, store, host } = open(t)
  await driver.CreateNetwork(createNetwork({ rate: '1mbit' }))
  await driver.CreateEndpoint(createEndpoint())
  for (const _ of [1, 2])
    t.strictSame(await driver.DeleteEndpoint({ NetworkID: NETWORK, EndpointID: ENDPOINT }), {})
  t.ok(host.lines.includes('ip link del dev sv-b10000000000'))
  for (const _ of [1, 2]) t.strictSame(await driver.DeleteNetwork({ NetworkID: NETWORK }), {})
  t.strictSame([store.networks(), store.endpoints()], [[], []])
  t.equal(host.lines.filter((line) => line === 'ip link del dev sl-a10000000000').length, 1)
  t.ok(host.lines.includes('ip link del dev si-a10000000000'))
})
