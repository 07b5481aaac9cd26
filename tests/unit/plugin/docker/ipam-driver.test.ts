import t, { type Test } from 'tap'
import { bare } from '../../../../lib/values/addresses.ts'
import { parsePoolSources } from '../../../../lib/values/pool.ts'
import { ipamDriver } from '../../../../plugin/docker/ipam-driver.ts'
import { fakeHost } from '../../../support/fake-host.ts'
import { handlesOf } from '../../fixtures/handles.ts'
import { openParts } from '../../fixtures/parts.ts'

interface Around {
  /** /proc/net/fib_trie's leaves: prefix length and scope behind an address */
  readonly routes?: Readonly<Record<string, string>>
  readonly resolv?: string
  readonly sources?: string
}

const open = (
  t: Test,
  { routes = {}, resolv = '', sources = '10.128.0.0/9:26,fd00::/8:64' }: Around = {},
) => {
  const trie = Object.entries(routes).map(([address, rest]) => `  |-- ${address}\n     ${rest} UNICAST\n`)
  const host = fakeHost({
    files: { '/etc/resolv.conf': resolv, '/proc/net/fib_trie': `Main:\n${trie.join('')}` },
  })
  const parts = openParts(host, t.testdir())
  t.teardown(parts.close)
  const driver = ipamDriver({ host, pools: parts.pools, sources: parsePoolSources(sources) })
  return { driver, ipam: handlesOf(driver), pools: parts.pools }
}

const request = (changes: object = {}) => ({
  AddressSpace: 'sluice-local',
  Pool: '',
  SubPool: '',
  Options: {},
  V6: false,
  ...changes,
})

t.test('GetCapabilities() and GetDefaultAddressSpaces() answer what the engine asks first', async (t) => {
  const { ipam } = open(t)
  t.strictSame(ipam.GetCapabilities(), { RequiresMACAddress: false, RequiresRequestReplay: false })
  t.strictSame(ipam.GetDefaultAddressSpaces(), {
    LocalDefaultAddressSpace: 'sluice-local',
    GlobalDefaultAddressSpace: 'sluice-global',
  })
})

t.test('RequestPool() cuts one subnet after the other when none is named', async (t) => {
  const { ipam } = open(t)
  t.match(await ipam.RequestPool(request()), { Pool: '10.128.0.0/26', Data: {} })
  t.match(await ipam.RequestPool(request({ Options: null })), { Pool: '10.128.0.64/26' })
  t.match(await ipam.RequestPool(request({ V6: true })), { Pool: 'fd00::/64' })
  const many = await Promise.all(Array.from({ length: 20 }, () => ipam.RequestPool(request())))
  t.equal(new Set(many.map(({ Pool }) => Pool)).size, 20, 'also when asked all at once')
})

t.test('RequestPool() steps over routes, name servers and what is taken', async (t) => {
  const { ipam } = open(t, {
    routes: { '10.128.0.0': '/26 link', '10.128.0.70': '/32 host', '0.0.0.0': '/0 universe' },
    resolv: '# none\nnameserver 10.128.0.130\nnameserver fd00::53\nsearch lan\n',
  })
  t.match(await ipam.RequestPool(request()), { Pool: '10.128.0.192/26' })
  t.match(await ipam.RequestPool(request({ V6: true })), { Pool: 'fd00:0:0:1::/64' })
})

t.test('RequestPool() takes the subnet that is named, and its range', async (t) => {
  const { ipam } = open(t)
  const { PoolID, Pool } = await ipam.RequestPool(request({ Pool: '10.9.0.0/24', SubPool: '10.9.0.128/25' }))
  t.equal(Pool, '10.9.0.0/24')
  t.strictSame(ipam.RequestAddress({ PoolID, Address: '' }), { Address: '10.9.0.128/24', Data: {} })
  t.match(await ipam.RequestPool(request({ Pool: 'fd09::/64', V6: true })), { Pool: 'fd09::/64' })
})

t.test('RequestPool() refuses, beginning with the flag, what cannot be', async (t) => {
  const { ipam } = open(t, { routes: { '192.0.2.192': '/26 link' } })
  await ipam.RequestPool(request({ Pool: '10.9.0.0/24' }))
  const cases: [object, RegExp][] = [
    [{ Options: { foo: 'bar' } }, /^--ipam-opt foo: unknown option, expected none$/],
    [{ Pool: 'x' }, /^--subnet: expected an address/],
    [{ Pool: '10.0.0.0/33' }, /^--subnet: expected an address/],
    [{ SubPool: '10.0.0.0/25' }, /^--ip-range: expected together with --subnet$/],
    [
      { Pool: '10.1.0.0/24', SubPool: '10.2.0.0/25' },
      /^--ip-range 10.2.0.0\/25: expected a part of 10.1.0.0\/24$/,
    ],
    [{ Pool: '10.1.0.0/24', SubPool: '10.1.0.0/16' }, /^--ip-range 10.1.0.0\/16: expected a part of/],
    [{ Pool: '10.9.0.128/25' }, /^--subnet 10.9.0.128\/25: overlaps 10.9.0.0\/24, another network's$/],
    [
      { Pool: '192.0.2.128/25' },
      /^--subnet 192.0.2.128\/25: overlaps an address or a route that the host has already$/,
    ],
  ]
  for (const [changes, message] of cases)
    await t.rejects(ipam.RequestPool(request(changes)), { name: 'InvalidRequestError', message })
})

t.test('RequestPool() says what to do when no subnet is left', async (t) => {
  const { ipam } = open(t, { sources: '10.0.0.0/30:30' })
  await ipam.RequestPool(request())
  await t.rejects(ipam.RequestPool(request()), {
    message: 'no free IPv4 subnet is left in ADDRESS_POOLS: name one with --subnet, or remove a network',
  })
  await t.rejects(ipam.RequestPool(request({ V6: true })), { message: /^no free IPv6 subnet/ })
})

t.test('ReleasePool() gives the subnet back, and may be repeated', async (t) => {
  const { ipam } = open(t)
  const first = await ipam.RequestPool(request())
  t.strictSame(ipam.ReleasePool(first), {})
  t.strictSame(ipam.ReleasePool(first), {})
  t.match(await ipam.RequestPool(request()), { Pool: first.Pool })
})

t.test('RequestAddress() gives gateway and members addresses with the prefix length', async (t) => {
  const { ipam, pools } = open(t)
  const { PoolID } = await ipam.RequestPool(request({ Pool: '10.9.0.0/24' }))
  const gateway = { RequestAddressType: 'com.docker.network.gateway' }
  t.strictSame(ipam.RequestAddress({ PoolID, Address: '', Options: gateway }), {
    Address: '10.9.0.1/24',
    Data: {},
  })
  t.match(ipam.RequestAddress({ PoolID, Address: '', Options: null }), { Address: '10.9.0.2/24' })
  t.match(
    ipam.RequestAddress({
      PoolID,
      Address: '10.9.0.77',
      Options: { 'com.docker.network.endpoint.name': 'web' },
    }),
    { Address: '10.9.0.77/24' },
  )
  t.throws(() => ipam.RequestAddress({ PoolID, Address: '10.9.0.77' }), {
    name: 'InvalidRequestError',
    message: 'address 10.9.0.77 is in use already',
  })
  t.throws(() => ipam.RequestAddress({ PoolID, Address: 'x' }), { name: 'InvalidRequestError' })
  t.throws(() => ipam.RequestAddress({ PoolID: 'pool-x', Address: '' }), {
    name: 'InvalidRequestError',
    message: 'pool pool-x is not known',
  })
  t.strictSame(
    pools.addressesBefore(PoolID, Date.now() + 1),
    ['10.9.0.2', '10.9.0.77'],
    'the gateway is no endpoint',
  )
})

t.test('ReleaseAddress() lets an address be asked for again, and may be repeated', async (t) => {
  const { ipam } = open(t)
  const { PoolID } = await ipam.RequestPool(request({ Pool: '10.9.0.0/24' }))
  ipam.RequestAddress({ PoolID, Address: '10.9.0.5' })
  for (const _ of [1, 2]) t.strictSame(ipam.ReleaseAddress({ PoolID, Address: '10.9.0.5' }), {})
  t.match(ipam.RequestAddress({ PoolID, Address: '10.9.0.5' }), { Address: '10.9.0.5/24' })
  t.strictSame(ipam.ReleaseAddress({ PoolID: 'gone', Address: '10.9.0.5' }), {})
})

t.test('RequestAddress() refuses an address of the other family', async (t) => {
  const { ipam } = open(t)
  const { PoolID } = await ipam.RequestPool(request({ Pool: '10.9.0.0/24' }))
  t.throws(() => ipam.RequestAddress({ PoolID, Address: '::a09:5' }), { name: 'InvalidRequestError' })
})

t.test('a pool and an address whose caller went away are given back', async (t) => {
  const { driver, ipam, pools } = open(t)
  const pool = await ipam.RequestPool(request())
  const wanted = { PoolID: pool.PoolID }
  const address = ipam.RequestAddress(wanted)
  t.strictSame(pools.addressesBefore(pool.PoolID, Number.MAX_SAFE_INTEGER), [bare(address.Address)])
  driver.RequestAddress.undo?.(wanted, address)
  t.strictSame(pools.addressesBefore(pool.PoolID, Number.MAX_SAFE_INTEGER), [])
  driver.RequestPool.undo?.(request(), pool)
  t.strictSame(pools.pools(), [])
})
