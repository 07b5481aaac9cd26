import t from 'tap'
import { provesCore } from '../support/core.ts'
import { startEngine } from '../support/engine.ts'
import { createNetwork, type Lab, ping, prove, type Scenario, startContainer } from '../support/lab.ts'
import { installManaged, type Managed } from '../support/managed.ts'
import { noteTested } from '../support/tested.ts'
import { until } from '../support/until.ts'

t.setTimeout(480_000)

const comesBack = (lab: Lab) => until('the containers to find each other', () => ping(lab, 'aa', 'bb'))

const ends = ({ crash }: Managed): readonly Scenario[] => [
  [
    'kill -9 of the plugin: the engine starts it again, and it knows everything',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate=20mbit')
      for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web')
      const during = await lab.engine.snapshot()
      await crash()
      await startContainer(lab, 'cc', 'web')
      await t.resolves(ping(lab, 'cc', 'aa'))
      await lab.engine.cli('rm', '-f', 'cc')
      t.equal(await lab.engine.snapshot(), during)
    },
  ],
  [
    'dockerd ends and starts: containers with restart=always are back on their network',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate=20mbit')
      for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web', '--restart', 'always')
      await lab.engine.halt()
      await lab.engine.start()
      await t.resolves(comesBack(lab))
    },
  ],
]

t.test('bookworm with the product as a managed plugin', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const managed = await installManaged(engine)
  const lab: Lab = { engine, driver: managed.driver, log: managed.log }
  await provesCore(t, lab)
  await noteTested(t, (argv) => engine.enter(argv, { env: engine.env }), 'plugin')
  // Docker orders its own rules otherwise once it has started again.
  await engine.halt()
  await engine.start()
  await prove(t, lab, ends(managed))
})
