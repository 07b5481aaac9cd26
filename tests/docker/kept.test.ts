import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { keptByName } from '../support/kept.ts'
import { type Lab, prove } from '../support/lab.ts'

t.setTimeout(400_000)

t.test('bookworm with the product as a plain process', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const plain = await engine.startPlain({ env: engine.env })
  const lab: Lab = { engine, driver: 'sluice', log: plain.log }
  await prove(t, lab, keptByName(plain))
})
