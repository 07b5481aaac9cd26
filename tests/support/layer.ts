import { existsSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from './lock.ts'
import { cacheDir } from './roots.ts'
import { run } from './run.ts'

/**
 * A root file system with more Debian packages: the root that was given, unchanged, and a layer over it from
 * the cache.
 *
 * @returns both, as overlayfs names its lower folders
 * @throws {ExecaError} when they cannot be had within 10 minutes, with apt's last words
 */
export async function withPackages(root: string, packages: readonly string[]): Promise<string> {
  if (packages.length === 0) return root
  // A root that was built again is another root.
  const made = Math.round(statSync(join(root, '.complete')).mtimeMs).toString(36)
  const layer = join(cacheDir, `layer-${made}-${packages.join('-')}`)
  const unlock = await lock(`${layer}.lock`, () => existsSync(layer))
  try {
    if (!existsSync(layer)) {
      const script = join(import.meta.dirname, 'layer.sh')
      const argv = ['unshare', '--mount', '--propagation', 'private', 'sh', script]
      await run([...argv, root, `${layer}.part`, ...packages], { timeout: 600_000 })
      renameSync(`${layer}.part`, layer)
    }
  } finally {
    unlock()
  }
  return `${layer}:${root}`
}
