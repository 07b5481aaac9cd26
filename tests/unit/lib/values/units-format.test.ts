import fc from 'fast-check'
import t from 'tap'
import {
  formatDuration,
  formatPercent,
  formatRate,
  parseDuration,
  parseDurationFrom,
  parseInteger,
  parsePercent,
  parseRate,
  parseWord,
  RATE_RANGE,
} from '../../../../lib/values/units.ts'

const spread = (least: number, most: number) =>
  // As many small as large: a plain range hardly ever gives a number below a thousandth of its end.
  fc
    .tuple(fc.double({ min: Math.log(Math.max(1, least)), max: Math.log(most), noNaN: true }), fc.nat(3))
    .map(([power, digits]) =>
      Math.min(most, Math.max(least, Math.round(Math.exp(power) / 10 ** digits) * 10 ** digits)),
    )

t.test('a rate that is written out is read back as the same, over the whole range', async () => {
  fc.assert(
    fc.property(
      spread(RATE_RANGE.least, RATE_RANGE.most),
      (rate) =>
        parseRate(formatRate(rate)) === rate && /^[1-9]\d{0,2}(\.\d+)?[kmg]bit$/.test(formatRate(rate)),
    ),
    { numRuns: 2000 },
  )
})

t.test('a duration that is written out is read back as the same, over the whole range', async () => {
  fc.assert(
    fc.property(spread(0, 3.6e9), (time) => parseDuration(formatDuration(time)) === time),
    { numRuns: 2000, examples: [[0], [3.6e9], [1], [999], [1000]] },
  )
})

t.test('a percentage that is written out is read back as the same, down to its ninth digit', async () => {
  fc.assert(
    fc.property(
      spread(0, 1e11).map((part) => part / 1e9),
      (percent) => parsePercent(formatPercent(percent)) === percent,
    ),
    { numRuns: 2000, examples: [[0], [100], [1e-9], [1e-7], [0.1], [99.999_999_999]] },
  )
})

const decimal = fc
  .tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 9999 }), fc.nat(4))
  .map(
    ([whole, part, digits]) =>
      `${whole}${digits > 0 ? `.${String(part).padStart(digits, '0').slice(0, digits)}` : ''}`,
  )

/** A number with a unit, with blanks and in whatever case. */
const written = (units: readonly string[]) =>
  fc
    .tuple(decimal, fc.constantFrom('', ' '), fc.constantFrom(...units), fc.boolean())
    .map(([number, blank, unit, upper]) => `${number}${blank}${upper ? unit.toUpperCase() : unit}`)

const formats: Record<
  string,
  [units: string[], parse: (text: string) => number, format: (value: number) => string]
> = {
  rate: [
    ['bit', 'kbit', 'kibit', 'mbit', 'mibit', 'gbit', 'gibit', 'kbyte', 'kibyte', 'mbyte', 'mibyte'],
    parseRate,
    formatRate,
  ],
  duration: [['us', 'ms', 's', 'm'], parseDuration, formatDuration],
  percent: [['%'], parsePercent, formatPercent],
}

for (const [name, [units, parse, format]] of Object.entries(formats))
  t.test(`a ${name} is written in one way, however it was typed`, async (t) => {
    let taken = 0
    fc.assert(
      fc.property(written(units), (text) => {
        let value: number
        try {
          value = parse(text)
        } catch {
          return true
        }
        taken += 1
        return parse(format(value)) === value && format(parse(format(value))) === format(value)
      }),
      { numRuns: 2000 },
    )
    t.ok(taken > 100, `${taken} of them were in range`)
  })

t.test('parsePercent() reads 0 to 100 per cent', async (t) => {
  const cases = { '0%': 0, '100%': 100, '0.5%': 0.5, ' 10 % ': 10, '100.000%': 100, '0.000000001%': 1e-9 }
  for (const [text, percent] of Object.entries(cases)) t.equal(parsePercent(text), percent, text)
  for (const text of ['100.1%', '101%', '999%', '-1%', '5', '%', '0.0000000001%', '1e1%', '5%%', '5 % 5%'])
    t.throws(() => parsePercent(text), /^expected a percentage from 0% to 100% such as "0.5%", got "/, text)
})

t.test('parseDurationFrom() has a lower end', async (t) => {
  const parse = parseDurationFrom(100)
  t.strictSame([parse('100us'), parse('0.1ms'), parse('60m')], [100, 100, 3.6e9])
  for (const text of ['99us', '0s', '0.09ms'])
    t.throws(() => parse(text), {
      name: 'InvalidRequestError',
      message: `expected at least 100us, got "${text}"`,
    })
  t.throws(() => parse('potato'), /^expected a duration/)
})

t.test('parseInteger() reads whole numbers, both ends included', async (t) => {
  const parse = parseInteger({ least: 0, most: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => parse(`${value}`) === value && parse(` ${value} `) === value),
  )
  t.equal(parse('9007199254740991'), Number.MAX_SAFE_INTEGER)
  for (const text of ['9007199254740992', '-1', '1.0', '1e3', '', '0x1', '٣'])
    t.throws(() => parse(text), /^expected a whole number from 0 to 9007199254740991, got "/, text)
  t.throws(() => parseInteger({ least: 1, most: 7 })('0'), /from 1 to 7, got "0"$/)
  t.throws(() => parseInteger({ least: 1, most: 7 })('8'), /from 1 to 7, got "8"$/)
})

t.test('parseWord() reads its words in any case, and no other', async (t) => {
  const parse = parseWord(['cake', 'sfq'])
  t.strictSame([parse('cake'), parse(' SFQ ')], ['cake', 'sfq'])
  for (const text of ['', 'cak', 'cakes', 'toString', '__proto__'])
    t.throws(() => parse(text), { message: `expected one of cake, sfq, got "${text}"` })
})
