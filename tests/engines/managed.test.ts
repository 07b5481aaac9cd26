import t from 'tap'
import { compose, composeAttachment } from '../support/core/compose.ts'
import { reach } from '../support/core/reach.ts'
import { refusals } from '../support/core/refusals.ts'
import { startEngine } from '../support/engine.ts'
import { prove } from '../support/lab.ts'
import { installManaged } from '../support/managed.ts'

t.setTimeout(480_000)

for (const version of ['26.1', '28.5'] as const)
  t.test(`${version} with the product as a managed plugin`, async (t) => {
    const engine = await startEngine({ version })
    t.teardown(() => engine.stop())
    await engine.importImages()
    const { driver, log } = await installManaged(engine)
    await prove(t, { engine, driver, log }, [
      ...refusals,
      ...reach,
      ...compose,
      // Compose 2.26, which comes with 26.1, does not know them.
      ...(version === '28.5' ? composeAttachment : []),
    ])
  })
