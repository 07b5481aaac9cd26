import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { provesInstall } from '../support/registry-install.ts'

t.setTimeout(480_000)

for (const version of ['20.10'] as const)
  t.test(`${version} with the plugin from a registry`, async (t) => {
    const engine = await startEngine({ version })
    t.teardown(() => engine.stop())
    await engine.importImages()
    await provesInstall(t, engine)
  })
