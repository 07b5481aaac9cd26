import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Engine, startEngine } from '../support/engine.ts'
import {
  attachment,
  control,
  keptByEndpoint,
  keptByName,
  keptOverRestarts,
  networkOf,
} from '../support/kept.ts'
import { createNetwork, prove, startContainer } from '../support/lab.ts'
import { installManaged } from '../support/managed.ts'
import { until } from '../support/until.ts'

t.setTimeout(600_000)

async function engineWithImages(t: Test): Promise<Engine> {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  return engine
}

t.test('bookworm with the product as a plain process', async (t) => {
  const engine = await engineWithImages(t)
  const plain = await engine.startPlain({ env: engine.env })
  const lab = { engine, driver: 'sluice', log: plain.log }
  await prove(t, lab, keptByName(plain))
  await keptOverRestarts(t, lab, { ...plain, boot: plain.restart })
})

t.test('names are not taken from another engine than the one that the networks are of', async (t) => {
  const [engine, other] = [await engineWithImages(t), await startEngine({ release: 'bookworm' })]
  t.teardown(() => other.stop())
  // Neither host sees the other's sockets.
  const path = join(engine.dir, 'other.sock')
  const relay = createServer((from) => {
    const to = connect(join(other.dir, 'docker.sock'))
    for (const socket of [from, to]) socket.on('error', () => [from, to].map((one) => one.destroy()))
    from.pipe(to).pipe(from)
  }).listen(path)
  t.teardown(() => relay.close())
  const lab = { engine, driver: 'sluice' }
  const plain = await engine.startPlain({ env: engine.env })
  await createNetwork(lab, 'web')
  await startContainer(lab, 'app', 'web')
  await attachment(lab, plain, 'web', 'app')
  await plain.kill('SIGTERM')
  const again = await engine.startPlain({ env: { DOCKER_HOST: `unix://${path}` } })
  const health = await until('the other engine to be refused', async () => {
    const now = await control(again).health()
    return /knows none of them/.test(now.engine) && now
  })
  t.match(health, { status: 'degraded', faults: [/^the engine is not followed: .*knows none of them/] })
  t.match(
    await networkOf(lab, again, 'web'),
    { name: 'web', endpoints: [{ name: 'app' }] },
    'nothing is lost',
  )
  await again.kill('SIGTERM')
  const back = await engine.startPlain({ env: engine.env })
  await t.resolves(
    until('its own to be followed', async () => (await control(back).health()).engine === 'followed'),
  )
})

t.test('bookworm with the product as a managed plugin that has the engine’s socket', async (t) => {
  const engine = await engineWithImages(t)
  const managed = await installManaged(engine, { names: true })
  const lab = { engine, driver: managed.driver, log: managed.log }
  await prove(t, lab, keptByName(managed))
  await keptOverRestarts(t, lab, { ...managed, restart: managed.crash })
})

t.test('bookworm with the product as a managed plugin that has no engine’s socket', async (t) => {
  const engine = await engineWithImages(t)
  const managed = await installManaged(engine)
  await prove(t, { engine, driver: managed.driver, log: managed.log }, keptByEndpoint(managed))
})
