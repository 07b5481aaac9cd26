import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { afterwards, together } from '../../../../lib/values/promises.ts'

const failing = async (text: string) => {
  throw new Error(text)
}

t.test('together() waits for all, whatever fails', async (t) => {
  let isDone = false
  const slow = async () => {
    for (let turns = 0; turns < 3; turns += 1) await turn()
    isDone = true
  }
  await t.rejects(together(failing('one'), undefined, slow()), { name: 'Error', message: 'one' })
  t.ok(isDone)
  await together(slow(), undefined)
})

t.test('together() throws several errors as one', async (t) => {
  await t.rejects(together(failing('one'), failing('two')), {
    name: 'Failures',
    message: 'one; two',
    errors: [{ message: 'one' }, { message: 'two' }],
  })
})

t.test('afterwards() throws the error once the undo has ended', async (t) => {
  const error = new Error('first')
  let isUndone = false
  const undo = async () => {
    await turn()
    isUndone = true
  }
  await t.rejects(afterwards(error, undo()), error)
  t.ok(isUndone)
})

t.test('afterwards() throws what went wrong in the undo as well, in the words of the first', async (t) => {
  await t.rejects(afterwards(new Error('first'), failing('second')), {
    name: 'Failures',
    message: 'first',
    errors: [{ message: 'first' }, { message: 'second' }],
  })
})
