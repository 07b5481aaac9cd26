import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { provesHarness } from '../support/harness.ts'

t.setTimeout(480_000)

for (const release of ['trixie', 'forky'] as const)
  t.test(`${release} with its own bridge driver`, async (t) => {
    const engine = await startEngine({ release })
    t.teardown(() => engine.stop())
    await provesHarness(t, engine)
  })
