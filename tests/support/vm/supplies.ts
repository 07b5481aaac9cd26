import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { startEngine } from '../engine.ts'
import { repo } from '../host.ts'
import { imageTar } from '../images.ts'
import { run } from '../run.ts'
import { makeDisk } from './image.ts'

/** Where the machine sees its second disk. */
const mount = '/supplies'

/** Paths in the machine. */
export const supplies = {
  /** What dockerd has of managed plugins: the checkout as `sluice:latest`, created and not enabled. */
  plugins: `${mount}/plugins`,
  node: `${mount}/plugin/usr/bin/node`,
  product: `${mount}/plugin/app/sluice.mjs`,
  probe: `${mount}/probe.mjs`,
  image: (name: string): string => `${mount}/${name}.tar`,
} as const

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'

/**
 * Makes the second disk: all that comes out of the checkout under test, so that the first depends on none of
 * it.
 */
export async function makeSupplies(dir: string): Promise<string> {
  const folder = join(dir, 'supplies')
  const file = `${folder}.img`
  mkdirSync(folder)
  await createPlugin(join(folder, 'plugins'))
  const id = readdirSync(join(folder, 'plugins')).find((name) => /^[0-9a-f]{64}$/.test(name))
  symlinkSync(`plugins/${id}/rootfs`, join(folder, 'plugin'))
  for (const image of ['busybox', 'iperf'] as const)
    copyFileSync(await imageTar(image), join(folder, `${image}.tar`))
  copyFileSync(join(import.meta.dirname, 'guest/init.sh'), join(folder, 'init.sh'))
  chmodSync(join(folder, 'init.sh'), 0o755)
  await bundle(['agent', 'probe'], folder)
  await makeDisk(folder, file, 0)
  rmSync(folder, { recursive: true })
  return file
}

/**
 * Lets an engine of the machine's version, out here, create the plugin: in there it compresses for more than
 * a minute.
 */
async function createPlugin(out: string): Promise<void> {
  const engine = await startEngine({ release: 'trixie' })
  try {
    const folder = join(engine.dir, 'plugin')
    const env = { SLUICE_CACHE: process.env.SLUICE_CACHE ?? '/var/cache/sluice' }
    await run(['rootfs/assemble.sh', arch, folder], { cwd: repo, env, timeout: 600_000 })
    await engine.cli('plugin', 'create', 'sluice:latest', folder)
    await engine.halt()
    cpSync(join(engine.host.root(), 'var/lib/docker/plugins'), out, {
      recursive: true,
      verbatimSymlinks: true,
    })
  } finally {
    await engine.stop()
  }
}

/** Takes the types out of programs for the machine's Node, which needs seconds to do so. */
async function bundle(names: readonly string[], out: string): Promise<void> {
  await build({
    entryPoints: names.map((name) => join(import.meta.dirname, `guest/${name}.ts`)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  })
}
