import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Engine, startEngine } from '../support/engine.ts'
import { repo } from '../support/host.ts'
import { type Lab, ping, reaches, startContainer } from '../support/lab.ts'
import { run } from '../support/run.ts'

t.setTimeout(480_000)

/** Where this engine's client keeps its commands: nothing of the machine's own is touched. */
const config = ({ dir }: Engine): string => join(dir, 'client')

const build = (engine: Engine, ...args: string[]): Promise<string> => {
  const env = { ...engine.env, SLUICE_CLI: join(config(engine), 'cli-plugins') }
  return run(['./build.sh', ...args], { cwd: repo, env, timeout: 300_000 })
}

t.test('build.sh refuses an engine that does not answer, and starts none in its place', async (t) => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
  await t.rejects(run(['./build.sh', 'install'], { cwd: repo, env }), {
    message: /unix:\/\/\/nowhere\/docker\.sock/,
  })
})

t.test('build.sh installs the plugin, again over networks in use, and takes it away', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
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

  await provesCommand(t, engine)

  await t.rejects(build(engine, 'uninstall'), { message: /web/ }, 'not while a network needs it')
  const said = await build(engine, 'uninstall', '--force')
  t.match(said, /networks use it: web; their containers: aa bb cc$/m)
  t.match(
    said,
    /cannot start or restart, until Sluice is installed again\n.*disconnect --force.*\n(.*\n)*.*removed/,
  )
  await t.resolves(ping(lab, 'cc', 'aa'), 'containers that run keep their links')
  await build(engine, 'install')

  await engine.cli('rm', '-f', 'aa', 'bb', 'cc')
  await engine.cli('network', 'rm', 'web')
  await build(engine, 'uninstall')
  t.equal(await engine.cli('plugin', 'ls', '-q'), '')
  await t.rejects(docker(engine, 'sluice', 'ls'), 'nor is the command there any more')
  t.equal(await engine.snapshot(), before)
})

/**
 * The client's own command, found as a person's would be. It runs on the engine's host, where the plugin's
 * socket is.
 */
const docker = (engine: Engine, ...args: string[]): Promise<string> =>
  engine.enter(['docker', ...args], { env: { ...engine.env, DOCKER_CONFIG: config(engine) } })

async function provesCommand(t: Test, engine: Engine): Promise<void> {
  t.match(
    await docker(engine, 'sluice', 'ls', '--no-measure'),
    /^web .*50mbit/m,
    'docker sluice finds the plugin',
  )
  const changed = await docker(engine, 'sluice', 'set', 'web/aa', 'rate=20mbit')
  t.match(
    changed,
    /^web\/aa\n +rate\.up +50mbit \(network\) → 20mbit\n +rate\.down +50mbit \(network\) → 20mbit\n/,
  )
  await reaches(t, { engine, driver: 'sluice:latest' }, 20, { from: 'aa', to: 'bb' })
  await docker(engine, 'plugin', 'disable', '-f', 'sluice:latest')
  await docker(engine, 'plugin', 'enable', 'sluice:latest')
  t.match(await docker(engine, 'sluice', 'inspect', 'web/aa'), /20mbit/, 'a change outlives a restart')
  await docker(engine, 'sluice', 'unset', 'web/aa', 'rate')
  await reaches(t, { engine, driver: 'sluice:latest' }, 50, { from: 'aa', to: 'bb' })
}
