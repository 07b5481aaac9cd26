import t from 'tap'
import { provesCore } from '../support/core.ts'
import { startEngine } from '../support/engine.ts'
import { noteTested } from '../support/tested.ts'

t.setTimeout(480_000)

for (const release of ['trixie', 'forky'] as const)
  t.test(`${release} with the product as a plain process`, async (t) => {
    const engine = await startEngine({ release })
    t.teardown(() => engine.stop())
    await engine.importImages()
    const { log } = await engine.startPlain()
    await provesCore(t, { engine, driver: 'sluice', log })
    await noteTested(t, (argv) => engine.enter(argv, { env: engine.env }), 'service')
  })
