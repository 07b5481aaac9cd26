import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { provesHarness } from '../support/harness.ts'

t.setTimeout(480_000)

for (const version of ['26.1', '28.5'] as const)
  t.test(`${version} with its own bridge driver`, async (t) => {
    const engine = await startEngine({ version })
    t.teardown(() => engine.stop())
    await provesHarness(t, engine)
  })
