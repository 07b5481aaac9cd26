import fc from 'fast-check'
import t from 'tap'
import { type Claim, sharesFault, sharesOf } from '../../../../../lib/features/shaping/shares.ts'

const named = (...mins: (number | undefined)[]): Claim[] =>
  mins.map((min, index) => ({ id: `m${index}`, min }))
const parts = (shared: number, ...mins: (number | undefined)[]): number[] => [
  ...sharesOf(shared, named(...mins)).values(),
]

t.test('sharesOf() gives each its guarantee, and the others equal parts of what is left', async (t) => {
  t.strictSame(parts(10e6), [])
  t.strictSame(parts(10e6, 4e6), [4e6])
  t.strictSame(parts(10e6, 4e6, undefined), [4e6, 6e6])
  t.strictSame(parts(10e6, undefined, 4e6, undefined), [3e6, 4e6, 3e6])
  t.strictSame(parts(10e6, 4e6, 6e6), [4e6, 6e6])
  t.strictSame(parts(100e6, 1e6, undefined, undefined, undefined), [1e6, 33e6, 33e6, 33e6])
})

t.test('sharesOf() gives all the same token part where nobody is guaranteed anything', async (t) => {
  t.strictSame(parts(10e6, undefined), [8e3])
  t.strictSame(parts(10e6, undefined, undefined, undefined), [8e3, 8e3, 8e3])
})

/** A shared rate, guarantees that come to no more, and members without. */
const valid = fc
  .tuple(
    fc.integer({ min: 8e3, max: 4e11 }),
    fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { maxLength: 20 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(40),
  )
  .map(([shared, weights, used, others]) => {
    const whole = weights.reduce((sum, weight) => sum + weight, 0)
    const mins = weights
      .map((weight) => Math.floor((weight / whole) * used * shared))
      .filter((min) => min >= 8e3)
    return { shared, mins, others }
  })

t.test(
  'sharesOf() never hands out more than there is, but for the byte a second that a class has at least',
  async (t) => {
    let full = 0
    fc.assert(
      fc.property(valid, ({ shared, mins, others }) => {
        const claims = named(...mins, ...Array<undefined>(others).fill(undefined))
        if (sharesFault(shared, claims) !== undefined) return false
        const given = [...sharesOf(shared, claims).values()]
        const sum = given.reduce((all, one) => all + one, 0)
        if (sum > 0.99 * shared) full += 1
        return (
          given.length === claims.length &&
          // In whole bytes a second, as htb keeps them: else a small part would never read back as it was
          // set.
          given.slice(mins.length).every((one) => one % 8 === 0 && one >= 8) &&
          mins.every((min, index) => given[index] === min) &&
          sum <= shared + 8 * others
        )
      }),
      {
        numRuns: 3000,
        examples: [[{ shared: 10e6, mins: [4e6, 6e6], others: 3 }], [{ shared: 8e3, mins: [], others: 9 }]],
      },
    )
    t.ok(full > 100, `${full} were handed out nearly whole`)
  },
)

t.test('sharesFault() finds guarantees that come to more than there is', async (t) => {
  t.equal(sharesFault(10e6, []), undefined)
  t.equal(sharesFault(10e6, named(4e6, 6e6)), undefined)
  t.equal(sharesFault(10e6, named(undefined, 10e6)), undefined)
  t.equal(
    sharesFault(10e6, named(4e6, undefined, 6_001_000)),
    "expected the members' guarantees to come to the network.rate of 10mbit at most, got 10.001mbit together",
  )
})
