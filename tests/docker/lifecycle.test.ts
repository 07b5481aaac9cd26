import t from 'tap'
import { startEngine } from '../support/engine.ts'
import {
  createNetwork,
  type Lab,
  ping,
  prove,
  reaches,
  type Scenario,
  startContainer,
} from '../support/lab.ts'
import type { Plain } from '../support/plain.ts'
import { until } from '../support/until.ts'

t.setTimeout(400_000)

const engine = await startEngine({ release: 'bookworm' })
t.teardown(() => engine.stop())
await engine.importImages()
const plain = await engine.startPlain()
const lab: Lab = { engine, driver: 'sluice', log: plain.log }

const always = ['--restart', 'always']

/** Two containers on a shaped network, which the engine starts again when it starts. */
async function web(): Promise<void> {
  await createNetwork(lab, 'web', '-o', 'rate=20mbit')
  for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web', ...always)
  await ping(lab, 'aa', 'bb')
}

/** The engine has come back: both containers run and find each other. They may need a moment. */
const comesBack = () =>
  until('the containers to find each other', () => ping(lab, 'aa', 'bb'), { timeout: 40_000 })

const kills = (plain: Plain): readonly Scenario[] => [
  [
    'kill -9 of the plugin between calls: traffic goes on, and the next plugin knows everything',
    async (t) => {
      await web()
      const during = await engine.snapshot()
      await plain.kill('SIGKILL')
      await t.resolves(ping(lab, 'aa', 'bb'), 'traffic needs no plugin')
      await plain.restart()
      t.equal(await engine.snapshot(), during, 'the next plugin changes nothing that is right')
      await startContainer(lab, 'cc', 'web')
      await t.resolves(ping(lab, 'cc', 'aa'))
      const { Containers } = await engine.docker.getNetwork('web').inspect()
      const addresses = Object.values(Containers ?? {}).map(({ IPv4Address }) => IPv4Address)
      t.equal(new Set(addresses).size, 3, `no address twice: ${addresses.join(' ')}`)
    },
  ],
  [
    'what is removed while the plugin is away does not come back',
    async (t) => {
      await web()
      await plain.kill('SIGKILL')
      const removal = engine.cli('rm', '-f', 'aa') // the engine tries again for 15 s
      await plain.restart()
      await removal
      await engine.cli('rm', '-f', 'bb')
      await t.resolves(engine.cli('network', 'rm', 'web'))
    },
  ],
]

const restarts: readonly Scenario[] = [
  [
    'dockerd ends and starts: containers with restart=always are back on their network, shaped',
    async (t) => {
      await web()
      await engine.halt()
      await engine.start()
      await t.resolves(comesBack())
      await reaches(t, lab, 20, { from: 'aa', to: 'bb' })
    },
  ],
  [
    'dockerd is killed and starts: the same',
    async (t) => {
      await web()
      await engine.kill()
      await engine.start()
      await t.resolves(comesBack())
      await reaches(t, lab, 20, { from: 'aa', to: 'bb' })
    },
  ],
]

t.test('with the plugin as a plain process', async (t) => {
  await prove(t, lab, kills(plain))
  // Docker orders its own rules otherwise once it has started again.
  await engine.halt()
  await engine.start()
  await prove(t, lab, restarts)
})
