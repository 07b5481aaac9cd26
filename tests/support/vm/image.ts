import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { ensurePackages } from '../packages.ts'
import { cacheDir, engineRoot } from '../roots.ts'
import { type RunOptions, run } from '../run.ts'
import { once } from './once.ts'

/** What qemu boots: a stock Debian kernel and its modules, and a disk with Debian 13's engine. */
export interface VmImage {
  readonly kernel: string
  readonly initramfs: string
  /** A raw ext4 file system. Never written to. */
  readonly disk: string
}

const initramfsInit = join(import.meta.dirname, 'guest/initramfs.sh')
const busybox = '/bin/busybox'

/** What the initramfs loads, each with all that it needs. */
const modules = ['virtio_pci', 'virtio_blk', 'virtio_console', 'ext4']

/** bytes of the disk that are left for images and containers */
const room = 2 ** 30

/**
 * The image, built when what it is made from has changed (about a minute and 1 GB).
 *
 * @throws {ExecaError} when it cannot be built, with the last words of what failed
 */
export async function vmImage(): Promise<VmImage> {
  await ensurePackages(['busybox-static', 'cpio', 'e2fsprogs', 'kmod', 'xz-utils'])
  const base = await engineRoot('trixie')
  const parts = [import.meta.filename, initramfsInit, busybox, join(base, 'var/lib/dpkg/status')]
  const hash = createHash('sha256')
  for (const part of parts) hash.update(readFileSync(part))
  const folder = join(cacheDir, `vm-${hash.digest('hex').slice(0, 12)}`)
  await once(folder, async (part) => {
    await build(base, part)
    for (const name of readdirSync(cacheDir))
      if (/^vm-[0-9a-f]+$/.test(name)) rmSync(join(cacheDir, name), { recursive: true })
  })
  return {
    kernel: join(folder, 'vmlinuz'),
    initramfs: join(folder, 'initramfs.gz'),
    disk: join(folder, 'disk.img'),
  }
}

async function build(base: string, out: string): Promise<void> {
  const root = join(out, 'root')
  await run(['cp', '-a', base, root], { timeout: 300_000 })
  const release = await install(root)
  cpSync(join(root, `boot/vmlinuz-${release}`), join(out, 'vmlinuz'))
  await packInitramfs(root, release, out)
  mkdirSync(join(root, 'supplies'))
  await makeDisk(root, join(out, 'disk.img'), room)
  rmSync(root, { recursive: true })
}

/** Adds the kernel and what a machine needs beyond a container. Gives the kernel's release. */
async function install(root: string): Promise<string> {
  const chroot = (argv: readonly string[], options?: RunOptions) =>
    run(['chroot', root, ...argv], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 600_000,
      ...options,
    })
  // Names of mirrors are looked up as they are out here.
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true })
  await chroot(['apt-get', '-q', 'update'])
  await chroot([
    'apt-get',
    '-q',
    '-y',
    'install',
    '--no-install-recommends',
    'kmod',
    'iputils-ping',
    'ethtool',
  ])
  // Unpacked, not installed: as a package it would bring an initramfs and a boot loader of its own.
  const depends = await chroot(['apt-cache', 'depends', '--important', 'linux-image-cloud-amd64'])
  const kernel = /Depends: (linux-image-\S+)/.exec(depends)?.[1] ?? 'linux-image-cloud-amd64'
  await chroot([
    'sh',
    '-c',
    `cd /tmp && apt-get -q download ${kernel} && dpkg -x ${kernel}_*.deb / && rm *.deb`,
  ])
  await chroot(['apt-get', 'clean'])
  rmSync(join(root, 'var/lib/apt/lists'), { recursive: true })
  const [release = ''] = readdirSync(join(root, 'usr/lib/modules'))
  // Under emulation it takes longer to unpack a module than to read it.
  await run(['find', join(root, 'usr/lib/modules'), '-name', '*.ko.xz', '-exec', 'xz', '-d', '{}', '+'], {
    timeout: 300_000,
  })
  await run(['depmod', '-b', root, release])
  return release
}

async function packInitramfs(root: string, release: string, out: string): Promise<void> {
  const tree = join(out, 'initramfs')
  for (const dir of ['bin', 'dev', 'root', 'modules']) mkdirSync(join(tree, dir), { recursive: true })
  cpSync(busybox, join(tree, busybox))
  cpSync(initramfsInit, join(tree, 'init'))
  chmodSync(join(tree, 'init'), 0o755)
  const order: string[] = []
  for (const module of modules) {
    const listing = await run(['modprobe', '-d', root, '-S', release, '--show-depends', module])
    for (const [, file = ''] of listing.matchAll(/^insmod (\S+)/gm)) {
      if (order.includes(basename(file))) continue
      cpSync(file, join(tree, 'modules', basename(file)))
      order.push(basename(file))
    }
  }
  writeFileSync(join(tree, 'modules/order'), order.map((name) => `${name}\n`).join(''))
  const pack = 'find . | cpio -o -H newc --quiet -R 0:0 | gzip >"$0"'
  await run(['sh', '-c', pack, join(out, 'initramfs.gz')], { cwd: tree })
  rmSync(tree, { recursive: true })
}

/**
 * Makes an ext4 file system of a folder, with `spare` bytes more than its files take; what is empty takes no
 * space.
 */
export async function makeDisk(folder: string, file: string, spare: number): Promise<void> {
  if (existsSync(file)) rmSync(file)
  const used = Number.parseInt(await run(['du', '-s', '-B1', folder]), 10)
  // A twentieth more for inodes and the journal.
  const size = Math.ceil((used * 1.05 + spare) / 2 ** 20) + 32
  await run(['mke2fs', '-q', '-t', 'ext4', '-m', '0', '-d', folder, file, `${size}M`], { timeout: 300_000 })
}
