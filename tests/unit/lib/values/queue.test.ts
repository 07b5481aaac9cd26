import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { createQueue } from '../../../../lib/values/queue.ts'

t.test('queue() runs the tasks of one key one after another, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 8 }), async (pauses) => {
      const queue = createQueue()
      const events: string[] = []
      const tasks = pauses.map((ms, n) =>
        queue('key', async () => {
          events.push(`begin ${n}`)
          await sleep(ms)
          events.push(`end ${n}`)
        }),
      )
      await Promise.all(tasks)
      return events.join() === pauses.flatMap((_, n) => [`begin ${n}`, `end ${n}`]).join()
    }),
    { numRuns: 20 },
  )
})

t.test('queue() runs the tasks of different keys side by side', async (t) => {
  const queue = createQueue()
  const first = Promise.withResolvers<void>()
  const waiting = queue('a', () => first.promise)
  t.equal(await queue('b', async () => 'done'), 'done')
  first.resolve()
  await waiting
})

t.test('queue() gives each caller its own result or error, and goes on after a failure', async (t) => {
  const queue = createQueue()
  const failing = queue('a', async () => Promise.reject(new Error('first')))
  const following = queue('a', async () => 2)
  await t.rejects(failing, { message: 'first' })
  t.equal(await following, 2)
})

t.test('queue() starts at once when nothing is under way', async (t) => {
  const queue = createQueue()
  let started = false
  const task = queue('a', async () => {
    started = true
  })
  t.ok(started)
  await task
})
