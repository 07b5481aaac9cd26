import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { repo } from '../support/host.ts'

const SHIPPED = join(repo, 'build/plugin/rootfs/app/sluice.mjs')

/** What packages that are no ES modules expect to find. */
const BANNER =
  'import{createRequire}from"node:module";const require=createRequire(import.meta.url),__dirname=import.meta.dirname;'

/** The flags that it ships with: those between Node and the file in config.json. */
export const shippedFlags = (): string[] =>
  (JSON.parse(readFileSync(join(repo, 'config.json'), 'utf8')) as { entrypoint: string[] }).entrypoint.slice(
    1,
    -1,
  )

/**
 * The product as the one file that ships; made in `folder`, the way rootfs/assemble.sh does, where that has
 * not run.
 */
export async function findBundle(folder: string): Promise<string> {
  if (existsSync(SHIPPED)) return SHIPPED
  const outfile = join(folder, 'sluice.mjs')
  await build({
    entryPoints: [join(repo, 'plugin/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    keepNames: true,
    external: ['*.node', 'cpu-features'],
    banner: { js: BANNER },
    logLevel: 'warning',
  })
  return outfile
}
