import t from 'tap'
import { compose, composeAttachment } from '../support/core/compose.ts'
import { reach } from '../support/core/reach.ts'
import { refusals } from '../support/core/refusals.ts'
import { startEngine } from '../support/engine.ts'
import { prove } from '../support/lab.ts'
import { installManaged } from '../support/managed.ts'
import { noteTested } from '../support/tested.ts'

t.setTimeout(480_000)

for (const release of ['trixie', 'forky'] as const)
  t.test(`${release} with the product as a managed plugin`, async (t) => {
    const engine = await startEngine({ release })
    t.teardown(() => engine.stop())
    await engine.importImages()
    const { driver, log } = await installManaged(engine)
    await noteTested(t, (argv) => engine.enter(argv, { env: engine.env }), 'plugin')
    await prove(t, { engine, driver, log }, [
      ...refusals,
      ...reach,
      ...compose,
      // Debian 13's Compose, 2.26, does not know them.
      ...(release !== 'trixie' ? composeAttachment : []),
    ])
  })
