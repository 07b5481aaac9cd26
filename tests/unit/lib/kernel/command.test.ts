import fc from 'fast-check'
import t from 'tap'
import { ip, nft, sysctl, tc } from '../../../../lib/kernel/command.ts'

t.test('ip, tc and sysctl give the line as it was written, with its words in place', async (t) => {
  t.strictSame(ip`link set dev ${'sv-1'} mtu ${1500}`, { program: 'ip', line: 'link set dev sv-1 mtu 1500' })
  t.strictSame(tc`qdisc del dev ${'x'} root`, { program: 'tc', line: 'qdisc del dev x root' })
  t.strictSame(sysctl`ipv4/conf/${'x'}/rp_filter=0`, { program: 'sysctl', line: 'ipv4/conf/x/rp_filter=0' })
  t.strictSame(nft('add table inet x\nflush table inet x'), {
    program: 'nft',
    line: 'add table inet x\nflush table inet x',
  })
})

const unsafe = [
  '',
  ' ',
  'a b',
  'a\tb',
  'a\nlink del b',
  'a\rb',
  '"a"',
  "'a'",
  'a\\',
  '#a',
  'a#b',
  '\u00a0',
  '\u2028',
  '\ufeff',
]

for (const [name, tag] of Object.entries({ ip, tc, sysctl }))
  t.test(`${name}\`\` refuses a word that the program would read as something else`, async (t) => {
    for (const word of unsafe)
      t.throws(() => tag`link del ${word}`, {
        name: 'RangeError',
        message: `${name}: not one word: ${JSON.stringify(word)}`,
      })
  })

t.test('ip`` never lets a word become two, or a line of its own', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (word) => {
      try {
        const { line } = ip`link del dev ${word} now`
        return line.split(/\s+/).length === 5 && line === `link del dev ${word} now`
      } catch (error) {
        return error instanceof RangeError
      }
    }),
    { numRuns: 1000 },
  )
})

t.test('a template of several lines is one line to the program', async (t) => {
  t.equal(
    tc`qdisc add dev ${'lo'}
      root pfifo`.line,
    'qdisc add dev lo root pfifo',
  )
  t.throws(() => tc`qdisc add dev ${'lo\n'}`, RangeError)
})
