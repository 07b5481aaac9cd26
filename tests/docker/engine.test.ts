import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { provesHarness } from '../support/harness.ts'

t.setTimeout(240_000)

t.test('bookworm with its own bridge driver', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await provesHarness(t, engine)
})
