import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from './engine.ts'
import { repo } from './host.ts'
import { run } from './run.ts'
import { until } from './until.ts'

/** The product as a managed plugin of an engine. */
export interface Managed {
  /** What networks name as their driver. */
  readonly driver: string
  /** Its socket, at a path that works out here and is short enough for one. */
  readonly socket: () => string
  /** SIGKILL to the plugin's process; resolves when the engine has started it again. */
  crash(): Promise<void>
  /** What it has logged, in dockerd's log. */
  log(): string
}

export interface ManagedOptions {
  /** It gets the engine's socket. */
  readonly names?: boolean
}

const driver = 'sluice:latest'
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'

/**
 * Assembles the plugin from the checkout as build.sh does, and enables it on the engine.
 *
 * @throws {ExecaError} when it cannot be assembled within 10 minutes, or the engine does not take it
 */
export async function installManaged(
  engine: Engine,
  { names = false }: ManagedOptions = {},
): Promise<Managed> {
  const folder = join(engine.dir, 'plugin')
  const env = { SLUICE_CACHE: process.env.SLUICE_CACHE ?? '/var/cache/sluice' }
  await run(['rootfs/assemble.sh', arch, folder], { cwd: repo, env, timeout: 600_000 })
  await engine.cli('plugin', 'create', driver, folder)
  if (names) await engine.cli('plugin', 'set', driver, `engine.source=${join(engine.dir, 'docker.sock')}`)
  await engine.cli('plugin', 'enable', driver)
  const id = await engine.cli('plugin', 'inspect', '-f', '{{.Id}}', driver)
  const link = join(engine.dir, 'plugins')
  return {
    driver,
    socket: () => {
      rmSync(link, { force: true })
      symlinkSync(`${engine.host.root()}/run/docker/plugins/${id}`, link)
      return join(link, 'sluice.sock')
    },
    async crash() {
      const before = await processOf(engine)
      process.kill(before, 'SIGKILL')
      const isBack = async () => (await processOf(engine)) !== before
      await until('the engine to start the plugin again', isBack)
    },
    log: () =>
      engine
        .log()
        .split('\n')
        .filter((line) => line.includes(' plugin='))
        .join('\n'),
  }
}

/**
 * The process id of the plugin's process 1, out here: the child of the shim that was started for the plugin's
 * id.
 */
async function processOf(engine: Engine): Promise<number> {
  const id = await engine.cli('plugin', 'inspect', '-f', '{{.Id}}', driver)
  return Number(await engine.sh(['sh', '-c', `pgrep -P "$(pgrep -f '^[^ ]*containerd-shim.*${id}')"`]))
}
