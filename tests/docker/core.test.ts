import t from 'tap'
import { provesCore } from '../support/core.ts'
import { startEngine } from '../support/engine.ts'

t.setTimeout(400_000)

t.test('20.10 with the product as a plain process', async (t) => {
  const engine = await startEngine({ version: '20.10' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const { log } = await engine.startPlain()
  await provesCore(t, { engine, driver: 'sluice', log })
})
