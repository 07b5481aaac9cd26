import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { provesHarness } from '../support/harness.ts'

t.setTimeout(240_000)

t.test('20.10 with its own bridge driver', async (t) => {
  const engine = await startEngine({ version: '20.10' })
  t.teardown(() => engine.stop())
  await provesHarness(t, engine)
})
