import t from 'tap'
import { type Engine, startEngine } from '../support/engine.ts'
import { repo } from '../support/host.ts'
import { type Lab, ping, reaches, startContainer } from '../support/lab.ts'
import { run } from '../support/run.ts'

t.setTimeout(480_000)

const build = (engine: Engine, ...args: string[]): Promise<string> =>
  run(['./build.sh', ...args], { cwd: repo, env: engine.env, timeout: 300_000 })

t.test('build.sh refuses an engine that does not answer, and starts none in its place', async (t) => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
  await t.rejects(run(['./build.sh', 'install'], { cwd: repo, env }), {
    message: /unix:\/\/\/nowhere\/docker\.sock/,
  })
})

t.test('build.sh installs the plugin, again over networks in use, and takes it away', async (t) => {
  const engine = await startEngine({ version: '20.10' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const lab: Lab = { engine, driver: 'sluice:latest' }
  const before = await engine.snapshot()

  await build(engine, 'install')
  await engine.cli('network', 'create', '-d', 'sluice:latest', '-o', 'rate=50mbit', 'web')
  for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web')
  await reaches(t, lab, 50, { from: 'aa', to: 'bb' })
  const during = await engine.snapshot()

  await build(engine, 'install')
  t.equal(await engine.snapshot(), during, 'what runs is left as it is')
  await startContainer(lab, 'cc', 'web')
  await t.resolves(ping(lab, 'cc', 'aa'), 'who comes later is on the same network')
  await reaches(t, lab, 50, { from: 'aa', to: 'bb', reverse: true })

  await t.rejects(build(engine, 'uninstall'), { message: /web/ }, 'not while a network needs it')
  await engine.cli('rm', '-f', 'aa', 'bb', 'cc')
  await engine.cli('network', 'rm', 'web')
  await build(engine, 'uninstall')
  t.equal(await engine.cli('plugin', 'ls', '-q'), '')
  t.equal(await engine.snapshot(), before)
})
