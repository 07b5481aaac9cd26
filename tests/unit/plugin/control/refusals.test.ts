import t from 'tap'
import { createRefusals } from '../../../../plugin/control/refusals.ts'

t.test('a refusal shows once, for ten minutes after the last time', async (t) => {
  let now = 0
  const refusals = createRefusals(() => now)
  refusals.add('one')
  now = 400_000
  refusals.add('one')
  refusals.add('two')
  now = 1_000_000
  t.match(refusals.faults(), [
    { fault: 'one', since: 0, repaired: false },
    { fault: 'two', since: 400_000 },
  ])
  now = 1_000_001
  t.strictSame(refusals.faults(), [])
})
