import t, { type Test } from 'tap'
import { type Engine, startEngine } from '../support/engine.ts'
import { installManaged } from '../support/managed.ts'
import type { Plain } from '../support/plain.ts'
import { until } from '../support/until.ts'
import { type Ended, runCli, WITHOUT_MACHINE } from '../unit/fixtures/cli/run.ts'

t.setTimeout(480_000)

/** The command as a person of this machine has it, whose files are not those that the engine sees. */
const command = ({ env }: Engine, ...args: string[]): Promise<Ended> =>
  runCli(args, { env, through: WITHOUT_MACHINE })

/**
 * A user who may read everything, a checkout in root's home too, but write nowhere: a socket is written to.
 */
const reads = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...reads]

async function says(t: Test, ended: Promise<Ended>, message: RegExp): Promise<void> {
  t.match(await ended, { status: 1, stdout: '', stderr: message })
}

t.test('the command finds a plugin whose socket is in another mount namespace', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await says(
    t,
    command(engine, 'ls'),
    /^cannot find Sluice: the engine at unix:\S+docker\.sock has no plugin of it/,
  )

  const plain = await engine.startPlain({ env: engine.env })
  await engine.cli('network', 'create', '-d', 'sluice', '-o', 'rate=5mbit', 'web')
  t.match(await command(engine, 'ls'), { status: 0, stdout: /^web /m, stderr: '' })
  t.match(await command(engine, 'set', 'web', 'rate=7mbit'), { status: 0 })
  t.match(await command(engine, 'inspect', 'web'), { stdout: /rate=7mbit/ })
  await engine.cli('network', 'rm', 'web')
  await t.test('and prunes what the engine does not know', (t) => prunes(t, engine, plain))
  await plain.kill('SIGKILL')
  await says(t, command(engine, 'ls'), /^cannot reach Sluice at \S+: nobody answers there; try: systemctl/)
  await engine.enter(['rm', '/run/docker/plugins/sluice.sock'])

  const { driver } = await installManaged(engine)
  await engine.cli('network', 'create', '-d', driver, '-o', 'rate=5mbit', 'web')
  t.match(await command(engine, 'ls'), { status: 0, stdout: /^web /m, stderr: '' })
  t.match(await command(engine, 'set', 'web', 'rate=7mbit'), { status: 0 })

  await t.test('and names what is in its way', async (t) => {
    await says(t, runCli(['ls'], { env: engine.env, through: NOBODY }), /^permission denied .* run as root/)
    const host = 'unix:///nowhere/docker.sock'
    await says(
      t,
      runCli(['ls'], { env: { DOCKER_HOST: host }, through: WITHOUT_MACHINE }),
      /no socket is there.* is DOCKER_HOST right\?/,
    )
    await engine.cli('plugin', 'disable', '-f', driver)
    const disabled = /^cannot reach Sluice: the plugin sluice:latest is disabled: docker plugin enable/
    await says(t, command(engine, 'ls'), disabled)
    await says(t, command(engine, 'set', 'web', 'rate=9mbit'), disabled)
    await engine.cli('plugin', 'enable', driver)
    await engine.kill()
    await says(t, command(engine, 'ls'), /nobody listens there. Is the docker daemon running\?/)
  })
})

/** Networks go while the plugin is away: the engine forgets them, and the plugin hears nothing. */
async function prunes(t: Test, engine: Engine, plain: Plain): Promise<void> {
  await engine.importImages()
  const create = (name: string) => engine.cli('network', 'create', '-d', 'sluice', '-o', 'rate=5mbit', name)
  for (const name of ['lost', 'used']) await create(name)
  await engine.cli('run', '-d', '--name', 'app', '--network', 'used', 'busybox')
  /**
   * Names: their states settle by and by, and the plugin makes a device for a moment to see what the kernel
   * can do.
   */
  const links = async () => {
    const names = (await engine.sh(['ip', '-br', 'link'])).split('\n').map((line) => line.split(/[\s@]/)[0])
    return names.filter((name) => !name?.startsWith('sq-')).toSorted()
  }
  const before = await links()
  await plain.kill('SIGKILL')
  await engine.refusal('network', 'rm', 'lost').catch(() => undefined)
  t.equal(await engine.cli('network', 'ls', '-q', '--filter', 'name=lost'), '', 'the engine has forgotten it')
  await plain.restart()
  const followed = async () => {
    const { stdout } = await command(engine, 'version', '--format', 'json')
    return JSON.parse(stdout).plugins[0]?.engine === 'followed'
  }
  await until('the plugin to follow the engine', followed, { timeout: 20_000 })
  t.match(await command(engine, 'prune'), {
    status: 0,
    stdout: /^WARNING! .*\n {2}lost \(bridge sl-\w+, [\d.]+\/\d+\)\nAre you sure/,
  })
  t.strictSame(await links(), before, 'without an answer nothing goes')
  t.match(await command(engine, 'prune', '-f'), { status: 0, stdout: 'Deleted Networks:\nlost\n' })
  t.match(await command(engine, 'prune', '-f'), { status: 0, stdout: /^Nothing to prune/ })
  t.equal((await links()).length, before.length - 1)
  t.match(await command(engine, 'ls'), { stdout: /^used /m })
  await engine.cli('rm', '-f', 'app')
  await engine.cli('network', 'rm', 'used')
}
