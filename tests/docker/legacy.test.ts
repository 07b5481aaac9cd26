import t from 'tap'
import { reach } from '../support/core/reach.ts'
import { startEngine } from '../support/engine.ts'
import { prove } from '../support/lab.ts'

t.setTimeout(240_000)

t.test('bookworm on legacy iptables', async (t) => {
  const engine = await startEngine({ release: 'bookworm', iptables: 'legacy' })
  t.teardown(() => engine.stop())
  t.match(await engine.enter(['iptables', '--version']), 'legacy')
  await engine.importImages()
  const { log } = await engine.startPlain()
  await prove(t, { engine, driver: 'sluice', log }, reach)
})
