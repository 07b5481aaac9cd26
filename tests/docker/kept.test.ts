import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { keptByName } from '../support/kept.ts'
import { type Lab, prove } from '../support/lab.ts'

t.setTimeout(400_000)

t.test('20.10 with the product as a plain process', async (t) => {
  const engine = await startEngine({ version: '20.10' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const plain = await engine.startPlain({ env: engine.env })
  const lab: Lab = { engine, driver: 'sluice', log: plain.log }
  await prove(t, lab, keptByName(plain))
})
