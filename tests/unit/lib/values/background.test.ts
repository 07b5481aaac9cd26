import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Background, pause } from '../../../../lib/values/background.ts'

const open = () => {
  const warnings: string[] = []
  return { warnings, background: new Background((text) => warnings.push(text)) }
}

t.test('what fails is told by its name, and disturbs nothing else', async (t) => {
  const { background, warnings } = open()
  background.start('counting', async () => {
    throw new Error('lost count')
  })
  let isDone = false
  background.start('sleeping', async () => {
    await sleep(20)
    isDone = true
  })
  await background.stop()
  t.strictSame(warnings, ['counting failed: lost count'])
  t.ok(isDone)
})

t.test('stop() ends a loop at once, and waits for what the loop is doing', async (t) => {
  const { background, warnings } = open()
  const done: string[] = []
  background.start('a loop', async (signal) => {
    do {
      await sleep(30)
      done.push('a round')
    } while (await pause(60_000, signal))
    // What ends may start more.
    background.start('the rest', async () => {
      await sleep(10)
      done.push('the rest')
    })
  })
  await background.stop()
  t.strictSame(done, ['a round', 'the rest'])
  t.strictSame(warnings, [])
})

t.test('later() begins in a turn of its own, behind what the call waits for last', async (t) => {
  const { background } = open()
  const order: string[] = []
  const last = sleep(20).then(() => order.push('last'))
  background.later('net', async () => void order.push('work'), last)
  await last
  // As what a call does up to its answer.
  for (let step = 0; step < 20; step++) await undefined
  process.nextTick(() => order.push('answer'))
  await sleep(10)
  t.strictSame(order, ['last', 'answer', 'work'])
})

t.test('finished() begins what has not begun, once for all that wait', async (t) => {
  const { background } = open()
  let count = 0
  const work = async (): Promise<void> => {
    await sleep(10)
    count += 1
  }
  background.later('net', work, new Promise(() => undefined))
  await Promise.all([background.finished('net'), background.finished('net')])
  t.equal(count, 1)
  await background.finished('net')
  await background.finished('another')
  t.equal(count, 1)
})

t.test('finished() tries once more what failed, and throws when that fails too', async (t) => {
  const { background, warnings } = open()
  let failures = 2
  let count = 0
  background.later('net', async () => {
    count += 1
    if (failures-- > 0) throw new Error(`try ${count}`)
  })
  await sleep(20)
  t.equal(count, 1, 'it has failed meanwhile')
  await t.rejects(background.finished('net'), { message: 'try 2' })
  await background.finished('net')
  t.equal(count, 3)
  t.strictSame(warnings, [], 'whoever waits knows')
})

t.test('allFinished() leaves what fails to the next that waits', async (t) => {
  const { background } = open()
  const done: string[] = []
  background.later('bad', async () => {
    done.push('bad')
    throw new Error('no')
  })
  background.later('good', async () => void done.push('good'))
  await background.allFinished()
  t.strictSame(done, ['bad', 'good', 'bad'])
  await t.rejects(background.finished('bad'), { message: 'no' })
})

t.test('what is dropped, or left at the end, does not begin', async (t) => {
  for (const end of [(one: Background) => one.drop('net'), (one: Background) => one.stop()]) {
    const { background } = open()
    let isBegun = false
    background.later('net', async () => {
      isBegun = true
    })
    await end(background)
    await sleep(20)
    t.notOk(isBegun)
  }
})
