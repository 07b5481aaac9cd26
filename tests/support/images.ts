import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDir, engineRoot } from './roots.ts'
import { run } from './run.ts'

/** The programs, beside busybox, of each image that the tests use. */
const images = { busybox: [], iperf: ['/usr/bin/iperf3'], socat: ['/usr/bin/socat'] } as const

export type ImageName = keyof typeof images

/**
 * A tar of an image's root file system, made of Debian 12's busybox and programs: there is no registry to
 * pull from. It is kept in the cache until one of the programs changes.
 */
export async function imageTar(name: ImageName): Promise<string> {
  const base = await engineRoot('bookworm')
  const programs = ['/bin/busybox', ...images[name]]
  const hash = createHash('sha256')
  for (const program of programs) hash.update(readFileSync(join(base, program)))
  const tar = join(cacheDir, `image-${name}-${hash.digest('hex').slice(0, 12)}.tar`)
  if (!existsSync(tar)) await build(base, programs, tar)
  return tar
}

async function build(base: string, programs: readonly string[], tar: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'sluice-image-'))
  try {
    for (const dir of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root']) mkdirSync(join(root, dir))
    const files = new Set(programs)
    for (const program of programs.slice(1))
      for (const library of await libraries(base, program)) files.add(library)
    // From within: links of the root's lead to files of the root's.
    const copy = 'chroot "$BASE" tar -chP "$@" | tar -xC "$OUT"'
    await run(['bash', '-o', 'pipefail', '-c', copy, 'sh', ...files], { env: { BASE: base, OUT: root } })
    const applets = await run([join(base, '/bin/busybox'), '--list'])
    for (const applet of applets.split('\n'))
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
    mkdirSync(cacheDir, { recursive: true })
    const part = `${tar}.${process.pid}`
    await run(['tar', '--numeric-owner', '-C', root, '-cf', part, '.'])
    renameSync(part, tar)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** What the dynamic linker would load for a program, itself included. */
async function libraries(base: string, program: string): Promise<string[]> {
  const listing = await run(['chroot', base, 'ldd', program])
  return listing.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? [])
}
