import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from './lock.ts'
import { ensurePackages } from './packages.ts'
import { run } from './run.ts'

/** Where roots and images outlive a run of the tests. */
export const cacheDir = process.env.SLUICE_TEST_CACHE ?? '/var/cache/sluice-tests'

/** Debian's suites and the engine each brings. Debian 12's own, 20.10, is this machine's. */
const suites = { '26.1': 'trixie', '28.5': 'forky' } as const

// libatomic1 is what Node itself needs beyond a minimal system.
const include = 'docker.io,docker-cli,docker-compose,iproute2,nftables,iptables,iperf3,conntrack,libatomic1'

/**
 * The root file system of a Debian with this engine, built with debootstrap when it is not in the cache yet (about a minute
 * and 0.7 GB each).
 *
 * @throws {Error} when it cannot be built within 10 minutes, with debootstrap's last words
 */
export async function engineRoot(version: keyof typeof suites): Promise<string> {
  const root = join(cacheDir, `engine-${version}`)
  if (isComplete(root)) return root
  mkdirSync(cacheDir, { recursive: true })
  const unlock = await lock(`${root}.lock`, () => isComplete(root))
  try {
    if (!isComplete(root)) await build(suites[version], root)
  } finally {
    unlock()
  }
  return root
}

/** Built to its end, and with all that is in it today. */
function isComplete(root: string): boolean {
  const mark = join(root, '.complete')
  return existsSync(mark) && readFileSync(mark, 'utf8') === include
}

async function build(suite: string, root: string): Promise<void> {
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

/** The mirror that this machine installs its own packages from. */
async function mirror(): Promise<string> {
  const uris = await run(['apt-get', 'indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])
  const uri = uris.split('\n').find((line) => line !== '' && !line.includes('security'))
  if (uri === undefined) throw new Error('apt knows no mirror: its sources are empty')
  return uri
}
