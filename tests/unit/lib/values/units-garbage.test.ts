import fc from 'fast-check'
import t from 'tap'
import { InvalidRequestError } from '../../../../lib/values/errors.ts'
import {
  parseDuration,
  parseDurationFrom,
  parseInteger,
  parsePercent,
  parseRate,
  parseSize,
  parseWord,
} from '../../../../lib/values/units.ts'

const parsers: Record<string, (text: string) => unknown> = {
  parseRate,
  parseSize,
  parseDuration,
  parsePercent,
  parseDurationFrom: parseDurationFrom(1),
  parseInteger: parseInteger({ least: 0, most: 9 }),
  parseWord: parseWord(['one', 'two']),
}

const garbage = [
  '',
  ' ',
  '-1',
  '-1mbit',
  '+1mbit',
  'NaN',
  'Infinity',
  '0x10',
  '1e3',
  '1,5mbit',
  '.5mbit',
  '5.mbit',
  '1..5mbit',
  '10 potatoes',
  'mbit',
  '10mbit;reboot',
  '10mbit\n10mbit',
  '１０mbit',
  '١٠mbit',
  '🥔',
  'ｍbit',
  '\u0000',
  '__proto__',
  'null',
  '[object Object]',
]

for (const [name, parse] of Object.entries(parsers)) {
  t.test(`${name}() refuses garbage with a short message that begins with what was expected`, async (t) => {
    for (const text of garbage)
      t.throws(
        () => parse(text),
        { name: 'InvalidRequestError', message: /^(expected (a|one of) |"[^"]*" can be read two ways)/ },
        JSON.stringify(text),
      )
  })

  t.test(`${name}() never throws anything but InvalidRequestError`, async () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        try {
          const value = parse(text)
          return typeof value === 'string' ? text.includes(value) : Number.isFinite(value)
        } catch (error) {
          return error instanceof InvalidRequestError && error.message.length < 250
        }
      }),
      { numRuns: 500 },
    )
  })

  t.test(`${name}() stays fast and brief when it is given a million characters`, async (t) => {
    const million = 1e6
    for (const text of [
      '9'.repeat(million),
      `1${' '.repeat(million)}x`,
      'x'.repeat(million),
      `1.${'9'.repeat(million)}x`,
      `${'9'.repeat(million)}bps`,
      `${'9'.repeat(million)}mbit`,
      `${'9'.repeat(million)}%`,
      `${'9'.repeat(million)}ms`,
      '🥔'.repeat(million / 2),
    ]) {
      const started = performance.now()
      const message = messageFrom(() => parse(text))
      t.ok(performance.now() - started < 300, 'fast')
      t.ok(
        message.length < 250,
        `short: ${message.length} characters for ${text.slice(0, 5)}…${text.slice(-4)}`,
      )
    }
  })
}

function messageFrom(work: () => unknown): string {
  try {
    return String(work())
  } catch (error) {
    return error instanceof InvalidRequestError ? error.message : `${error}`.padEnd(1000)
  }
}
