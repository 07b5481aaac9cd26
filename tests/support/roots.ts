import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from './lock.ts'
import { ensurePackages } from './packages.ts'
import { run } from './run.ts'

/** Where roots and images outlive a run of the tests. */
export const cacheDir = process.env.SLUICE_TEST_CACHE ?? '/var/cache/sluice-tests'

/** Debian's releases that the tests use. What each of them brings is read from its root. */
export type Release = 'bookworm' | 'trixie' | 'forky'

// libatomic1 is what Node itself needs beyond a minimal system.
const engine = 'docker.io,docker-compose,iproute2,nftables,iptables,iperf3,conntrack,libatomic1'
const engines: Readonly<Record<Release, string>> = {
  // The programs of images come from here.
  bookworm: `${engine},busybox-static,socat`,
  // Newer releases have the Docker CLI in a package of its own.
  trixie: `docker-cli,${engine}`,
  forky: `docker-cli,${engine}`,
}

/**
 * The root file system of a Debian with its engine, built with debootstrap when it is not in the cache yet
 * (about a minute and 0.7 GB each).
 *
 * @throws {Error} when it cannot be built within 10 minutes, with debootstrap's last words
 */
export const engineRoot = (release: Release): Promise<string> =>
  builtRoot(`engine-${release}`, release, engines[release])

/**
 * The root file system of a Debian as its installer leaves a small server: systemd, and sudo.
 *
 * @throws {Error} as {@link engineRoot}
 */
export const serverRoot = (release: Release): Promise<string> =>
  builtRoot(`server-${release}`, release, 'systemd,systemd-sysv,dbus,sudo')

async function builtRoot(name: string, suite: Release, include: string): Promise<string> {
  const root = join(cacheDir, name)
  const isThere = () => isComplete(root, include)
  if (isThere()) return root
  mkdirSync(cacheDir, { recursive: true })
  const unlock = await lock(`${root}.lock`, isThere)
  try {
    if (!isThere()) await build(suite, include, root)
  } finally {
    unlock()
  }
  return root
}

/** Built to its end, and with all that is in it today. */
function isComplete(root: string, include: string): boolean {
  const mark = join(root, '.complete')
  return existsSync(mark) && readFileSync(mark, 'utf8') === include
}

async function build(suite: Release, include: string, root: string): Promise<void> {
  await ensurePackages(['debootstrap'])
  const part = `${root}.part`
  rmSync(part, { recursive: true, force: true })
  rmSync(root, { recursive: true, force: true })
  const script = '/usr/share/debootstrap/scripts/sid' // an older debootstrap has no script for a newer suite
  const argv = [
    'debootstrap',
    '--variant=minbase',
    `--include=${include}`,
    suite,
    part,
    await mirror(),
    script,
  ]
  await run(argv, { timeout: 600_000 }).catch((error: Error) => {
    throw new Error(`cannot build the root of ${suite} in ${part}: ${error.message.slice(-2000)}`, {
      cause: error,
    })
  })
  renameSync(part, root)
  writeFileSync(join(root, '.complete'), include)
}

/** What version of a package there is in a root, as upstream counts: `28.5.2`. */
export async function packageVersion(root: string, name: string): Promise<string> {
  const admin = `--admindir=${join(root, 'var/lib/dpkg')}`
  const status = await run(['dpkg-query', admin, '--status', name])
  return /^Version: (?:\d+:)?([\d.]+)/m.exec(status)?.[1] ?? ''
}

/** The mirror that this machine installs its own packages from. */
export async function mirror(): Promise<string> {
  const uris = await run(['apt-get', 'indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])
  const uri = uris.split('\n').find((line) => line !== '' && !line.includes('security'))
  if (uri === undefined) throw new Error('apt knows no mirror: its sources are empty')
  return uri
}
