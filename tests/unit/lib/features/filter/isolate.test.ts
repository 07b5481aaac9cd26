import t from 'tap'
import { isolate } from '../../../../../lib/features/filter/isolate.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Accepts all but these. */
const without =
  (bad: readonly number[], looks = { count: 0 }) =>
  async (some: readonly number[]): Promise<void> => {
    looks.count += 1
    const found = some.find((one) => bad.includes(one))
    if (found !== undefined) throw new Error(`not ${found}`)
  }

for (const bad of [[], [0], [9], [3, 4], [0, 5, 9], numbers(10)])
  t.test(`of ten, those that are unfit are ${bad.join(', ') || 'none'}`, async (t) => {
    const { fit, unfit } = await isolate(numbers(10), without(bad))
    t.strictSame([...unfit.keys()], bad)
    t.strictSame(
      fit,
      numbers(10).filter((one) => !bad.includes(one)),
    )
    for (const one of bad) t.match(unfit.get(one), { message: `not ${one}` })
  })

t.test('nothing is nothing', async (t) => {
  t.strictSame(await isolate([], without([])), { fit: [], unfit: new Map() })
})

t.test('of two that exclude each other the earlier is kept', async (t) => {
  const check = async (some: readonly number[]): Promise<void> => {
    if (some.includes(2) && some.includes(7)) throw new Error('both')
  }
  t.strictSame([...(await isolate(numbers(10), check)).unfit.keys()], [7])
})

t.test('one of ten thousand takes few looks, and thousands take no more than their bound', async (t) => {
  const looks = { count: 0 }
  const { fit } = await isolate(numbers(10_000), without([7777], looks))
  t.equal(fit.length, 9999)
  t.ok(looks.count < 40, String(looks.count))
  looks.count = 0
  await isolate(numbers(10_000), without(numbers(5000), looks))
  t.ok(looks.count <= 400, String(looks.count))
})
