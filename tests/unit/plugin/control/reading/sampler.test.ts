import t from 'tap'
import type { Readings } from '../../../../../lib/kernel/readings.ts'
import { createSampler } from '../../../../../plugin/control/reading/sampler.ts'

/** A sampler over readings at the moments that its clock shows. */
function open() {
  let now = 1_000_000
  const taken: number[] = []
  const read = async (): Promise<Readings> => {
    taken.push(now)
    return { at: now, qdiscs: new Map(), links: new Map() }
  }
  const sample = createSampler(read, () => now)
  return {
    taken,
    wait: (ms: number) => {
      now += ms
    },
    /** how long the time is that a rate is told from, ms */
    span: async () => {
      const { readings, before } = await sample()
      return before && readings.at - before.at
    },
    sample,
  }
}

t.test('all who ask at once, or within a second, get one reading', async (t) => {
  const { sample, taken, wait } = open()
  const [first, ...others] = await Promise.all(Array.from({ length: 200 }, sample))
  for (const other of others) t.equal(other, first)
  t.equal(taken.length, 2, 'and one before it, to tell rates from')
  wait(899)
  t.equal(await sample(), first)
  wait(2)
  t.not(await sample(), first)
  t.equal(taken.length, 3)
})

t.test('rates are told from the reading before, where it is 0.4 to 10 s old', async (t) => {
  const { span, wait, taken } = open()
  await span()
  for (const ms of [1000, 2000, 10_000]) {
    wait(ms)
    t.equal(await span(), ms)
  }
  t.equal(taken.length, 5)
  wait(10_001)
  await span()
  t.equal(taken.length, 7, 'and from two readings where it is older')
})

t.test('a clock that goes back keeps no old reading alive', async (t) => {
  const { sample, wait } = open()
  const first = await sample()
  wait(-60_000)
  t.not(await sample(), first)
})

t.test('a reading that fails is tried again by the next who asks', async (t) => {
  let fails = true
  const sample = createSampler(async () => {
    if (fails) throw new Error('no tc')
    return { at: Date.now(), qdiscs: new Map(), links: new Map() }
  })
  await t.rejects(Promise.all([sample(), sample()]), { message: 'no tc' })
  fails = false
  await t.resolves(sample())
})
