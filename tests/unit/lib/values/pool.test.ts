import fc from 'fast-check'
import t from 'tap'
import {
  formatAddress,
  formatSubnet,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
} from '../../../../lib/values/addresses.ts'
import {
  automatic,
  checkAddress,
  cutSubnet,
  parsePoolSources,
  type Used,
  usable,
} from '../../../../lib/values/pool.ts'

/** In use, all of them. */
const whole = (taken: readonly Subnet[]): Used[] => taken.map((subnet) => ({ subnet, own: true }))

const cut = (sources: string, family: 4 | 6, ...taken: string[]): string | undefined => {
  const subnet = cutSubnet(parsePoolSources(sources), family, whole(taken.map(parseSubnet)))
  return subnet && formatSubnet(subnet)
}

t.test('parsePoolSources() reads BASE/len:size, several of them', async (t) => {
  const [first, second, ...rest] = parsePoolSources(' 10.128.0.0/9:26 ,fd00::/8:64,')
  t.strictSame(first, { within: parseSubnet('10.128.0.0/9'), prefix: 26 })
  t.strictSame(second, { within: parseSubnet('fd00::/8'), prefix: 64 })
  t.strictSame(rest, [])
  t.strictSame(parsePoolSources(''), [])
})

t.test('parsePoolSources() refuses what cannot be cut, beginning with the setting', async (t) => {
  for (const text of [
    '10.0.0.0/8',
    '10.0.0.0:24',
    'x/8:24',
    '10.0.0.0/8:x',
    '10.0.0.0/8:24;',
    '10.0.0.0/8:24 fd00::/8:64',
  ])
    t.throws(() => parsePoolSources(text), /^ADDRESS_POOLS: expected BASE\/len:size, got ".+"/, text)
  for (const text of ['10.0.0.0/8:7', '10.0.0.0/8:31', 'fd00::/8:127', '10.0.0.0/8:99999999999'])
    t.throws(() => parsePoolSources(text), /^ADDRESS_POOLS: expected a size from 8 to (30|126), got/, text)
})

t.test('cutSubnet() takes the lowest free subnet', async (t) => {
  const cases: [string | undefined, string, 4 | 6, ...string[]][] = [
    ['10.128.0.0/26', '10.128.0.0/9:26', 4],
    ['10.128.0.64/26', '10.128.0.0/9:26', 4, '10.128.0.0/26'],
    ['10.128.0.0/26', '10.128.0.0/9:26', 4, '10.128.0.64/26', '192.168.0.0/16', '10.0.0.0/9'],
    ['10.128.0.64/26', '10.128.0.0/9:26', 4, '10.128.0.128/26', '10.128.0.5'],
    ['10.129.0.0/26', '10.128.0.0/9:26', 4, '10.128.0.0/16'],
    ['10.128.0.64/26', '10.128.0.0/9:26', 4, '10.128.0.0/32', '10.128.0.63/32'],
    [undefined, '10.128.0.0/9:26', 4, '10.0.0.0/8'],
    [undefined, '10.0.0.0/24:25', 4, '10.0.0.0/25', '10.0.0.255'],
    ['10.2.0.0/24', '10.1.0.0/24:24,10.2.0.0/24:24', 4, '10.1.0.7'],
    ['fd00:0:0:1::/64', 'fd00::/8:64', 6, 'fd00::/64'],
    [undefined, '10.0.0.0/8:24', 6],
    [undefined, '', 4],
    ['255.255.255.128/25', '255.255.255.0/24:25', 4, '255.255.255.0/25'],
    [undefined, '255.255.255.0/24:25', 4, '255.255.255.0/24'],
  ]
  for (const [wanted, sources, family, ...taken] of cases)
    t.equal(cut(sources, family, ...taken), wanted, taken.join(' '))
})

t.test('cutSubnet() lets the widest routes give way where they cover all there is', async (t) => {
  const cases: [string | undefined, ...(string | readonly [string])[]][] = [
    ['10.128.0.0/26', '0.0.0.0/1', '128.0.0.0/1'],
    ['10.128.0.0/26', '10.0.0.0/8'],
    ['10.128.0.64/26', '10.0.0.0/8', '10.128.0.5/32', '192.168.0.0/16'],
    ['10.192.0.0/26', '0.0.0.0/1', '10.128.0.0/10'],
    ['10.128.0.0/26', '0.0.0.0/1', '10.128.0.0/10', '10.192.0.0/10'],
    ['10.128.0.0/26', '10.0.0.0/8', '10.128.0.0/10', '10.192.0.0/16', '10.192.0.0/10'],
    ['10.193.0.0/26', '10.128.0.0/9', ['10.128.0.0/10'], '10.192.0.0/16'],
    [undefined, ['10.0.0.0/8']],
    ['10.192.0.0/26', '0.0.0.0/1', ['10.128.0.0/10']],
  ]
  for (const [wanted, ...taken] of cases) {
    const used = taken.map((one): Used => {
      const [text, own] = typeof one === 'string' ? [one, false] : [one[0], true]
      return { subnet: parseSubnet(text), own }
    })
    const found = cutSubnet(parsePoolSources('10.128.0.0/9:26'), 4, used)
    t.equal(found && formatSubnet(found), wanted, taken.join(' '))
  }
  const same = Array.from({ length: 4 }, (_, n): Used => ({ subnet: parseSubnet(`10.0.0.${64 * n}/26`) }))
  t.equal(cutSubnet(parsePoolSources('10.0.0.0/24:26'), 4, same), undefined, 'no wider than what is cut')
})

const within = parseSubnet('10.0.0.0/16')
const takenSubnets: fc.Arbitrary<Subnet[]> = fc.array(
  fc.tuple(fc.bigInt(0n, 0x1_ffffn), fc.integer({ min: 17, max: 32 })).map(([offset, prefix]) => {
    const rest = BigInt(32 - prefix)
    return { family: 4 as const, base: ((0x09_ff_00_00n + offset) >> rest) << rest, prefix }
  }),
  { maxLength: 40 },
)

t.test('cutSubnet() never overlaps what is taken, is aligned, and gives the lowest there is', async () => {
  fc.assert(
    fc.property(takenSubnets, fc.integer({ min: 17, max: 30 }), (taken, prefix) => {
      const size = 1n << BigInt(32 - prefix)
      const candidates = Array.from({ length: 2 ** (prefix - 16) }, (_, n) => ({
        family: 4 as const,
        base: within.base + BigInt(n) * size,
        prefix,
      }))
      const lowest = candidates.find((candidate) => !taken.some((other) => overlaps(candidate, other)))
      return cutSubnet([{ within, prefix }], 4, whole(taken))?.base === lowest?.base
    }),
    { numRuns: 60 },
  )
})

t.test('cutSubnet() cuts until all is used, each time another', async (t) => {
  const sources = parsePoolSources('10.0.0.0/22:26')
  const taken: Subnet[] = []
  const next = () => cutSubnet(sources, 4, whole(taken))
  for (let subnet = next(); subnet; subnet = next()) taken.push(subnet)
  t.equal(new Set(taken.map(formatSubnet)).size, 16)
})

t.test('cutSubnet() is quick in a space of 2^56 subnets with a thousand taken', async (t) => {
  const taken = Array.from({ length: 1000 }, (_, n) => ({
    ...parseSubnet('fd00::/64'),
    base: (0xfdn << 120n) + (BigInt(n) << 64n),
  }))
  const started = performance.now()
  t.ok(cutSubnet(parsePoolSources('fd00::/8:64'), 6, whole(taken)))
  t.ok(performance.now() - started < 100)
})

const ends = ({ first, last }: { first: bigint; last: bigint }, family: 4 | 6 = 4): string =>
  `${formatAddress(family, first)} ${formatAddress(family, last)}`

t.test('usable() leaves out what may not be handed out', async (t) => {
  t.equal(ends(usable(parseSubnet('10.0.0.0/24'))), '10.0.0.1 10.0.0.254')
  t.equal(ends(usable(parseSubnet('10.0.0.0/29'))), '10.0.0.1 10.0.0.6')
  t.equal(ends(usable(parseSubnet('10.0.0.0/30'))), '10.0.0.1 10.0.0.2')
  t.equal(ends(usable(parseSubnet('10.0.0.0/31'))), '10.0.0.0 10.0.0.1')
  t.equal(ends(usable(parseSubnet('10.0.0.7/32'))), '10.0.0.7 10.0.0.7')
  t.equal(ends(usable(parseSubnet('fd00::/64')), 6), 'fd00::1 fd00::ffff:ffff:ffff:ffff')
  t.equal(ends(usable(parseSubnet('fd00::/127')), 6), 'fd00:: fd00::1')
})

t.test('automatic() keeps to the range and to what is usable', async (t) => {
  const subnet = parseSubnet('10.0.0.0/24')
  t.equal(ends(automatic(subnet, subnet)), '10.0.0.1 10.0.0.254')
  t.equal(ends(automatic(subnet, parseSubnet('10.0.0.128/25'))), '10.0.0.128 10.0.0.254')
  t.equal(ends(automatic(subnet, parseSubnet('10.0.0.0/25'))), '10.0.0.1 10.0.0.127')
  t.equal(ends(automatic(subnet, parseSubnet('10.0.0.64/29'))), '10.0.0.64 10.0.0.71')
  const tiny = parseSubnet('10.0.0.0/31')
  t.equal(ends(automatic(tiny, tiny)), '10.0.0.0 10.0.0.1')
})

t.test('checkAddress() takes what is usable and names the range otherwise', async (t) => {
  const check = (subnet: string, address: string): void => {
    const { family, value } = parseAddress(address)
    checkAddress(parseSubnet(subnet), family, value)
  }
  for (const address of ['10.0.0.1', '10.0.0.254']) t.doesNotThrow(() => check('10.0.0.0/24', address))
  for (const address of ['10.0.0.0', '10.0.0.255', '10.0.1.1', '9.255.255.255', 'fd00::1'])
    t.throws(
      () => check('10.0.0.0/24', address),
      /^address \S+: expected one of 10.0.0.0\/24, from 10.0.0.1 to 10.0.0.254$/,
      address,
    )
  t.throws(() => check('fd00::/64', 'fd00::'), /from fd00::1 to/)
})
