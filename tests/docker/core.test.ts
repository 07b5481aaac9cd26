import t from 'tap'
import { provesCore } from '../support/core.ts'
import { startEngine } from '../support/engine.ts'
import { noteTested } from '../support/tested.ts'

t.setTimeout(400_000)

t.test('bookworm with the product as a plain process', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const { log } = await engine.startPlain()
  await provesCore(t, { engine, driver: 'sluice', log })
  await noteTested(t, (argv) => engine.enter(argv, { env: engine.env }), 'service')
})
