import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Engine } from './engine.ts'
import { repo } from './host.ts'
import { type Lab, plainRefusal, prove, reaches, startContainer } from './lab.ts'
import { run } from './run.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'

/**
 * What a user without a checkout does: installs the plugin from a registry, here one on the engine's own
 * loopback, and makes a network under the plugin's full reference.
 */
export async function provesInstall(t: Test, engine: Engine): Promise<void> {
  const address = await engine.startRegistry()
  const reference = `${address}/sluice:latest`
  const folder = join(engine.dir, 'plugin')
  const env = { SLUICE_CACHE: process.env.SLUICE_CACHE ?? '/var/cache/sluice' }
  await run(['rootfs/assemble.sh', arch, folder], { cwd: repo, env, timeout: 600_000 })
  await engine.cli('plugin', 'create', reference, folder)
  await engine.cli('plugin', 'push', reference)
  await engine.cli('plugin', 'rm', reference)
  await engine.cli('plugin', 'install', '--grant-all-permissions', `${address}/sluice`)
  t.equal(await engine.cli('plugin', 'inspect', '-f', '{{.Enabled}}', reference), 'true')
  await prove(t, { engine, driver: reference }, [
    ['a plugin installed from a registry shapes a network', shapes],
    ['and refuses what it does not know', refuses],
  ])
  await provesCommand(t, engine, reference)
}

/** The line of docs/install.md brings `docker sluice`, found as a person's would be. */
async function provesCommand(t: Test, engine: Engine, driver: string): Promise<void> {
  const config = join(engine.dir, 'client')
  const written = /^sudo (sh -c 'install .*')$/m.exec(
    readFileSync(join(repo, 'docs/install.md'), 'utf8'),
  )?.[1]
  const command = (written ?? '')
    .replace('/usr/local/lib/docker/cli-plugins', join(config, 'cli-plugins'))
    .replace('sluice:latest', driver)
  const env = { ...engine.env, DOCKER_CONFIG: config }
  await engine.enter(['sh', '-c', command], { env })
  await engine.cli('network', 'create', '-d', driver, '-o', 'rate=50mbit', 'shown')
  t.match(await engine.enter(['docker', 'sluice', 'ls', '--no-measure'], { env }), /^shown .*50mbit/m)
  t.match(await engine.enter(['docker', '--help'], { env }), /^ +sluice\* /m, 'the client knows the command')
  await engine.cli('network', 'rm', 'shown')
}

async function shapes(t: Test, lab: Lab): Promise<void> {
  const { engine, driver } = lab
  await engine.cli('network', 'create', '-d', driver, '-o', 'rate=50mbit', 'web')
  for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web')
  await reaches(t, lab, 50, { from: 'aa', to: 'bb' })
  await reaches(t, lab, 50, { from: 'aa', to: 'bb', reverse: true })
}

async function refuses(t: Test, { engine, driver }: Lab): Promise<void> {
  const said = await engine.refusal('network', 'create', '-d', driver, '-o', 'ratee=10mbit', 'web')
  t.match(plainRefusal(said), /^ratee: unknown option, did you mean rate\?/)
}
