import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openDatabase } from '../../../../lib/store/database.ts'
import { poolStore } from '../../../../lib/store/pools.ts'
import { parseAddress, parseSubnet } from '../../../../lib/values/addresses.ts'

const open = (t: Test, directory = t.testdir()) => {
  const database = openDatabase(directory)
  t.teardown(() => (database.isOpen ? database.close() : undefined))
  const pools = poolStore(database)
  return {
    pools,
    directory,
    close: () => database.close(),
    add: (subnet: string, range = subnet) =>
      pools.addPool('space', parseSubnet(subnet), parseSubnet(range)).id,
    take: (pool: string, wanted?: string) =>
      pools.takeAddress(pool, 'endpoint', wanted === undefined ? undefined : parseAddress(wanted)).address,
  }
}

t.test('takeAddress() hands out what was never handed out, lowest first', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/24')
  t.strictSame([take(pool), take(pool), take(pool)], ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  t.strictSame(pools.takeAddress(pool, 'gateway', undefined), { address: '10.0.0.4', prefix: 24 })
  pools.releaseAddress(pool, '10.0.0.2')
  t.equal(take(pool), '10.0.0.5', 'what was released rests')
})

t.test('takeAddress() takes, once all were handed out, what has rested longest', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/29')
  for (let n = 0; n < 6; n += 1) take(pool)
  for (const last of [4, 1, 6]) pools.releaseAddress(pool, `10.0.0.${last}`)
  t.strictSame([take(pool), take(pool)], ['10.0.0.4', '10.0.0.1'])
  pools.releaseAddress(pool, '10.0.0.4')
  t.strictSame([take(pool), take(pool)], ['10.0.0.6', '10.0.0.4'])
})

t.test('takeAddress() says that none is left, how many there are and what to do', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/30')
  take(pool)
  take(pool)
  for (const _ of [1, 2])
    t.throws(() => take(pool), {
      name: 'InvalidRequestError',
      message:
        'no address left in 10.0.0.0/30: all 2 are in use; remove a container or use a larger --subnet or --ip-range',
    })
  pools.releaseAddress(pool, '10.0.0.1')
  t.equal(take(pool), '10.0.0.1')
})

t.test('takeAddress() hands out all of the smallest subnets', async (t) => {
  const { add, take } = open(t)
  const pair = add('10.0.0.0/31')
  t.strictSame([take(pair), take(pair)], ['10.0.0.0', '10.0.0.1'])
  const one = add('10.0.1.7/32')
  t.equal(take(one), '10.0.1.7')
  t.throws(() => take(one), /all 1 are in use/)
  t.equal(take(add('fd00::/64')), 'fd00::1')
  const top = add('255.255.255.254/31')
  t.strictSame([take(top), take(top)], ['255.255.255.254', '255.255.255.255'])
  t.throws(() => take(top), /no address left/)
})

t.test('takeAddress() gives the address that is asked for, and refuses one in use or outside', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/24')
  t.equal(take(pool, '10.0.0.2'), '10.0.0.2')
  t.throws(() => take(pool, '10.0.0.2'), {
    name: 'InvalidRequestError',
    message: 'address 10.0.0.2 is in use already',
  })
  t.strictSame([take(pool), take(pool)], ['10.0.0.1', '10.0.0.3'], 'it is stepped over')
  for (const address of ['10.0.0.0', '10.0.0.255', '10.0.1.1'])
    t.throws(() => take(pool, address), {
      name: 'InvalidRequestError',
      message: /^address \S+: expected one of 10.0.0.0\/24/,
    })
  pools.releaseAddress(pool, '10.0.0.2')
  t.equal(take(pool, '10.0.0.2'), '10.0.0.2')
  t.throws(() => take('nowhere'), { name: 'InvalidRequestError', message: 'pool nowhere is not known' })
})

t.test('takeAddress() keeps to --ip-range unless it is asked', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/24', '10.0.0.64/30')
  t.equal(take(pool, '10.0.0.1'), '10.0.0.1')
  t.strictSame(
    [take(pool), take(pool), take(pool), take(pool)],
    ['10.0.0.64', '10.0.0.65', '10.0.0.66', '10.0.0.67'],
  )
  t.throws(() => take(pool), /^no address left in 10.0.0.64\/30: all 4 are in use/)
  pools.releaseAddress(pool, '10.0.0.1')
  t.throws(() => take(pool), /no address left/, 'an address from outside of the range is not drawn later')
  pools.releaseAddress(pool, '10.0.0.66')
  t.equal(take(pool), '10.0.0.66')
})

t.test('releaseAddress() passes over what is unknown, and what was released already', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/29')
  for (let n = 0; n < 6; n += 1) take(pool)
  pools.releaseAddress('nowhere', '10.0.0.1')
  pools.releaseAddress(pool, '10.0.9.9')
  for (const last of [1, 2, 1]) pools.releaseAddress(pool, `10.0.0.${last}`)
  t.strictSame([take(pool), take(pool)], ['10.0.0.1', '10.0.0.2'], 'releasing twice is not resting longer')
})

t.test('takeAddress() never gives one address twice, whatever is taken and released', async (t) => {
  const { add, take, pools } = open(t)
  let number = 0
  const moves = fc.array(
    fc.oneof(
      fc.constant('take' as const),
      fc.nat(13),
      fc.record({ wanted: fc.integer({ min: 1, max: 14 }) }),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(moves, (all) => {
      const pool = add(`10.1.${number++}.0/28`)
      const held = new Set<string>()
      for (const move of all) {
        if (typeof move === 'number') {
          const address = [...held][move % Math.max(1, held.size)]
          if (address !== undefined) pools.releaseAddress(pool, address)
          if (address !== undefined) held.delete(address)
          continue
        }
        const wanted = move === 'take' ? undefined : `10.1.${number - 1}.${move.wanted}`
        const free = wanted === undefined ? held.size < 14 : !held.has(wanted)
        try {
          const address = take(pool, wanted)
          if (!free || held.has(address)) return false
          held.add(address)
        } catch {
          if (free) return false
        }
      }
      return true
    }),
    { numRuns: 40 },
  )
})

t.test('takeAddress() is quick in a large IPv6 pool, and after ten thousand', async (t) => {
  const { add, take } = open(t)
  const pool = add('fd00::/64')
  for (let n = 1; n <= 2000; n += 1) take(pool, `fd00::${n.toString(16)}`)
  t.equal(take(pool), 'fd00::7d1')
  const started = performance.now()
  take(pool)
  t.ok(performance.now() - started < 50)
})

t.test('removePool() takes its addresses along, and may be repeated', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/24')
  take(pool)
  pools.removePool(pool)
  pools.removePool(pool)
  t.strictSame(pools.pools(), [])
  t.equal(take(add('10.0.0.0/24')), '10.0.0.1')
})

t.test('addressesBefore() lists what endpoints hold, and neither gateways nor what rests', async (t) => {
  const { add, take, pools } = open(t)
  const pool = add('10.0.0.0/24')
  pools.takeAddress(pool, 'gateway')
  take(pool)
  take(pool)
  pools.releaseAddress(pool, '10.0.0.3')
  t.strictSame(pools.addressesBefore(pool, Date.now() + 1), ['10.0.0.2'])
  t.strictSame(pools.addressesBefore(pool, Date.now() - 60_000), [])
})

t.test('poolStore() has everything again after it was closed and opened', async (t) => {
  const first = open(t)
  const pool = first.add('10.0.0.0/29', '10.0.0.0/29')
  for (let n = 0; n < 6; n += 1) first.take(pool)
  for (const last of [5, 2]) first.pools.releaseAddress(pool, `10.0.0.${last}`)
  const rows = first.pools.pools()
  first.close()
  const second = open(t, first.directory)
  t.strictSame(second.pools.pools(), rows)
  t.match(rows, [{ id: pool, space: 'space', subnet: parseSubnet('10.0.0.0/29') }])
  t.strictSame([second.take(pool), second.take(pool)], ['10.0.0.5', '10.0.0.2'])
})
