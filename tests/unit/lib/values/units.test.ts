import fc from 'fast-check'
import t from 'tap'
import {
  formatRate,
  parseDuration,
  parseRate,
  parseSize,
  RATE_RANGE,
  SIZE_RANGE,
} from '../../../../lib/values/units.ts'

t.test('parseRate() reads every suffix', async (t) => {
  const cases: [string, number][] = [
    ['8000bit', 8e3],
    ['64kbit', 64e3],
    ['10mbit', 10e6],
    ['1.5gbit', 1.5e9],
    ['0.4tbit', 4e11],
    ['64kibit', 65_536],
    ['1mibit', 2 ** 20],
    ['1gibit', 2 ** 30],
    ['0.25tibit', 2 ** 38],
    ['1000byte', 8e3],
    ['12kbyte', 96e3],
    ['12mbyte', 96e6],
    ['1gbyte', 8e9],
    ['0.01tbyte', 8e10],
    ['12kibyte', 98_304],
    ['12mibyte', 12 * 2 ** 23],
    ['1gibyte', 2 ** 33],
    [' 10 MBit ', 10e6],
    ['8kbit', RATE_RANGE.least],
    ['400gbit', RATE_RANGE.most],
  ]
  for (const [text, rate] of cases) t.equal(parseRate(text), rate, text)
})

t.test('parseRate() refuses what is out of range, and says the range', async (t) => {
  for (const text of [
    '7999bit',
    '0bit',
    '0mbit',
    '0.0001kbit',
    '400.1gbit',
    '1tbit',
    '9999999999999999999gbit',
  ])
    t.throws(() => parseRate(text), /^expected a rate from 8kbit to 400gbit, got ".+"$/, text)
})

t.test('parseRate() refuses what could be bits or bytes', async (t) => {
  for (const text of ['10mbps', '10MBps', '1.5gibps', '10', '10m', '10ki', '800bps'])
    t.throws(() => parseRate(text), /^expected a rate from 8kbit to 400gbit such as "10mbit"/, text)
})

t.test('parseRate() gives back the rate that formatRate() wrote', async () => {
  const rates = fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.constantFrom(1, 1e3, 1e6))
  fc.assert(
    fc.property(rates, ([thousandths, scale]) => {
      const rate = thousandths * scale
      return rate < 8e3 || rate > 4e11 || parseRate(formatRate(rate)) === rate
    }),
  )
})

t.test('formatRate() writes the largest unit that gives at least one', async (t) => {
  const cases = {
    '1gbit': 1e9,
    '1.5gbit': 1.5e9,
    '999mbit': 999e6,
    '10mbit': 10e6,
    '65.536kbit': 65_536,
    '8kbit': 8e3,
  }
  for (const [text, rate] of Object.entries(cases)) t.equal(formatRate(rate), text)
})

t.test('parseRate() gives a whole number in range, whatever the number before the unit', async () => {
  const text = fc.tuple(
    fc.double({ min: 8, max: 1e5, noNaN: true }),
    fc.constantFrom('kbit', 'kibit', 'mbit', 'kbyte'),
  )
  fc.assert(
    fc.property(text, ([number, unit]) => {
      const rate = parseRate(`${number.toFixed(4)}${unit}`)
      return Number.isInteger(rate) && rate >= RATE_RANGE.least && rate <= RATE_RANGE.most
    }),
  )
})

t.test('parseSize() reads every suffix, kb and kib alike', async (t) => {
  const cases: [string, number][] = [
    ['1', 1],
    ['15000', 15_000],
    ['1b', 1],
    ['64k', 65_536],
    ['64kb', 65_536],
    ['64kib', 65_536],
    ['64KiB', 65_536],
    ['1.5m', 1_572_864],
    ['1mb', 2 ** 20],
    ['1mib', 2 ** 20],
    ['2gb', SIZE_RANGE.most],
    ['2gib', SIZE_RANGE.most],
  ]
  for (const [text, size] of cases) t.equal(parseSize(text), size, text)
})

t.test('parseSize() refuses what is out of range', async (t) => {
  for (const text of ['0', '0kb', '0.1b', '2.1gb', '99999999999999999999'])
    t.throws(() => parseSize(text), /^expected a size from 1b to 2gb, got/, text)
})

t.test('parseSize() gives back any number of bytes', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: SIZE_RANGE.most }),
      (size) => parseSize(`${size}`) === size && parseSize(`${size}b`) === size,
    ),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 21 }), (size) => parseSize(`${size}kib`) === size * 1024),
  )
})

t.test('parseDuration() reads every suffix as microseconds', async (t) => {
  const cases = {
    '300us': 300,
    '20ms': 20e3,
    '1.5s': 1.5e6,
    '2m': 120e6,
    '0ms': 0,
    '60m': 3.6e9,
    '0.5us': 1,
    ' 1 S ': 1e6,
  }
  for (const [text, duration] of Object.entries(cases)) t.equal(parseDuration(text), duration, text)
  for (const text of ['61m', '3601s', '20', 'ms', '-1ms', '1h', '1e3ms'])
    t.throws(
      () => parseDuration(text),
      /^expected a duration such as "20ms" or "1.5s", at most an hour, got/,
      text,
    )
})

t.test('parseDuration() gives back any time up to an hour', async () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 3.6e9 }), (time) => parseDuration(`${time}us`) === time))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3.6e6 }), (time) => parseDuration(`${time}ms`) === time * 1000),
  )
})
