import t, { type Test } from 'tap'
import { type Engine, startEngine } from '../support/engine.ts'
import { createNetwork, type Lab, ping, pingFromHost, reaches, startContainer, tidy } from '../support/lab.ts'
import { installManaged } from '../support/managed.ts'
import { until } from '../support/until.ts'

t.setTimeout(240_000)

async function engineWithImages(t: Test): Promise<Engine> {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  return engine
}

/** @param start what a host's start-up does between the kernel and the containers */
async function comesBack(t: Test, lab: Lab, start: () => Promise<void>): Promise<void> {
  const { engine } = lab
  const before = await engine.snapshot()
  await createNetwork(lab, 'web', '-o', 'rate=20mbit')
  for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web', '--restart', 'always')

  await engine.reboot()
  t.notMatch(await engine.sh(['ip', '-br', 'link']), /docker0|sl-/, 'the network is gone')
  await start()
  await t.resolves(until('the containers to find each other', () => ping(lab, 'aa', 'bb')))
  const gateway = /default via (\S+)/.exec(await engine.cli('exec', 'aa', 'ip', 'route'))?.[1]
  await t.resolves(pingFromHost(lab, gateway ?? 'no gateway'))
  await reaches(t, lab, 20, { from: 'aa', to: 'bb' })
  await tidy(engine)
  t.equal(await engine.snapshot(), before, 'nothing is left on the host, and Docker’s policy is as it was')
  if (!t.passing()) t.comment(lab.log?.().split('\n').slice(-60).join('\n'))
}

t.test('the host loses its power: networks are made again and containers come back, shaped', async (t) => {
  await t.test('with the product as a plain process', async (t) => {
    const engine = await engineWithImages(t)
    const plain = await engine.startPlain()
    await comesBack(t, { engine, driver: 'sluice', log: plain.log }, async () => {
      await plain.restart()
      await engine.start()
    })
  })

  await t.test('with the product as a managed plugin', async (t) => {
    const engine = await engineWithImages(t)
    const { driver, log } = await installManaged(engine)
    await comesBack(t, { engine, driver, log }, engine.start)
  })
})
