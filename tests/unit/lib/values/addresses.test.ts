import fc from 'fast-check'
import t from 'tap'
import {
  addressBytes,
  bare,
  contains,
  formatAddress,
  formatSubnet,
  lastOf,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
} from '../../../../lib/values/addresses.ts'
import { InvalidRequestError } from '../../../../lib/values/errors.ts'

const subnets: fc.Arbitrary<Subnet> = fc.constantFrom<4 | 6>(4, 6).chain((family) => {
  const bits = family === 4 ? 32 : 128
  return fc
    .tuple(fc.bigInt(0n, (1n << BigInt(bits)) - 1n), fc.integer({ min: 0, max: bits }))
    .map(([value, prefix]) => {
      const rest = BigInt(bits - prefix)
      return { family, base: (value >> rest) << rest, prefix }
    })
})

t.test('parseSubnet() gives back what formatSubnet() wrote', async (t) => {
  fc.assert(
    fc.property(subnets, (subnet) => {
      t.strictSame(parseSubnet(formatSubnet(subnet)), subnet)
    }),
    { numRuns: 300 },
  )
})

t.test('parseSubnet() clears the bits behind the prefix', async (t) => {
  t.equal(formatSubnet(parseSubnet('10.9.0.77/24')), '10.9.0.0/24')
  t.equal(formatSubnet(parseSubnet('FD09:0:0::5/64')), 'fd09::/64')
  t.equal(formatSubnet(parseSubnet('0.0.0.0/0')), '0.0.0.0/0')
})

t.test('parseSubnet() takes a bare address for a subnet of one', async (t) => {
  t.equal(formatSubnet(parseSubnet('10.9.0.7')), '10.9.0.7/32')
  t.equal(formatSubnet(parseSubnet('fd09::7')), 'fd09::7/128')
})

t.test('parseSubnet() refuses what is no address, fast and briefly', async (t) => {
  const million = 1e6
  const garbage = [
    '',
    'x',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.1/33',
    '10.0.0.1/-1',
    '10.0.0.1/',
    '10.0.0.1/24/8',
    '::/129',
    ':::',
    'g::1',
    '1::2::3',
    '１０.0.0.1',
    '🥔',
    '10.0.0.1 ; reboot',
    '10.0.0.1\n',
    ':'.repeat(million),
    '1'.repeat(million),
    '1:'.repeat(million / 2),
    '1.'.repeat(million / 2),
    `::/${'9'.repeat(million)}`,
  ]
  for (const text of garbage) {
    const started = performance.now()
    t.throws(() => parseSubnet(text), InvalidRequestError, text.slice(0, 30))
    t.ok(performance.now() - started < 500, 'fast')
    try {
      parseSubnet(text)
    } catch (error) {
      t.match(
        (error as Error).message,
        /^expected an address such as 10.0.0.1 or fd00::1, got "[\s\S]{0,60}"$/,
      )
    }
  }
})

t.test('parseAddress() passes over a prefix length, and knows the family', async (t) => {
  t.strictSame(parseAddress('10.9.0.1/24'), { family: 4, value: 0x0a_09_00_01n })
  t.strictSame(parseAddress('::ff'), { family: 6, value: 0xffn })
})

t.test('addressBytes() puts the most significant byte first', async (t) => {
  t.strictSame(addressBytes('10.9.0.255'), [10, 9, 0, 255])
  t.strictSame(addressBytes('fd09::102'), [0xfd, 9, ...Array(12).fill(0), 1, 2])
})

t.test('formatAddress() writes the canonical form', async (t) => {
  t.equal(formatAddress(4, 0x0a_09_00_01n), '10.9.0.1')
  t.equal(formatAddress(6, parseAddress('FD09:0:0:0:0:0:0:1').value), 'fd09::1')
  t.equal(formatAddress(6, parseAddress('2001:db8:0:1:1:1:1:1').value), '2001:db8:0:1:1:1:1:1')
})

t.test('overlaps() is true exactly when one contains the other', async () => {
  fc.assert(
    fc.property(subnets, subnets, (a, b) => {
      const within = a.family === b.family && (contains(a, b.base) || contains(b, a.base))
      return overlaps(a, b) === within && overlaps(b, a) === within && overlaps(a, a)
    }),
    { numRuns: 300 },
  )
})

t.test('overlaps() sees neighbours apart', async (t) => {
  t.notOk(overlaps(parseSubnet('10.0.0.0/25'), parseSubnet('10.0.0.128/25')))
  t.ok(overlaps(parseSubnet('10.0.0.0/8'), parseSubnet('10.255.255.255')))
  t.notOk(overlaps(parseSubnet('0.0.0.0/0'), parseSubnet('::/0')))
})

t.test('lastOf() is the last that contains() takes in', async () => {
  fc.assert(
    fc.property(
      subnets,
      (subnet) => contains(subnet, lastOf(subnet)) && !contains(subnet, lastOf(subnet) + 1n),
    ),
  )
})

t.test('bare() leaves the prefix length off', async (t) => {
  t.equal(bare('10.9.0.1/24'), '10.9.0.1')
  t.equal(bare('fd09::1'), 'fd09::1')
})
