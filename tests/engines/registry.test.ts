import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { provesInstall } from '../support/registry-install.ts'

t.setTimeout(480_000)

for (const release of ['trixie', 'forky'] as const)
  t.test(`${release} with the plugin from a registry`, async (t) => {
    const engine = await startEngine({ release })
    t.teardown(() => engine.stop())
    await engine.importImages()
    await provesInstall(t, engine)
  })
