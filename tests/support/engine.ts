import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Docker from 'dockerode'
import { createHost, type Held, type Host } from './host.ts'
import { type ImageName, imageTar } from './images.ts'
import { withPackages } from './layer.ts'
import { ensurePackages } from './packages.ts'
import { type Plain, type PlainOptions, startPlain } from './plain.ts'
import { startRegistry } from './registry.ts'
import { engineRoot, packageVersion, type Release } from './roots.ts'
import type { RunOptions } from './run.ts'
import { snapshot } from './snapshot.ts'
import { until } from './until.ts'

/**
 * The engines whose behaviour is written down, oldest first. A newer one is held against the newest of them.
 */
export const VERSIONS = ['20.10', '26.1', '28.5'] as const
export type Version = (typeof VERSIONS)[number]

export interface EngineOptions {
  /** Debian's, from whose packages the engine comes. */
  readonly release: Release
  readonly dockerdArgs?: readonly string[]
  /** Which iptables the engine finds on its path; Debian's default, `nft`, when left out. */
  readonly iptables?: 'nft' | 'legacy'
  /** Debian packages that its machine has besides. */
  readonly packages?: readonly string[]
}

// An image's default command: does nothing, and ends at once when told to, which a plain `sleep` as process 1
// does not.
const idle = ['sh', '-c', 'trap exit TERM; sleep infinity & wait']

/** A real Docker engine on a host of its own. */
export interface Engine {
  readonly release: Release
  readonly version: Version
  readonly host: Host
  /** A folder that the engine sees at the same path. */
  readonly dir: string
  readonly docker: Docker
  /** What names this engine to a Docker client. */
  readonly env: { readonly DOCKER_HOST: string }
  /** Runs the engine's own Docker CLI on its host and gives its stdout. @throws {ExecaError} with `stderr` */
  cli(...args: string[]): Promise<string>
  /** What the CLI says on stderr when it is refused. @throws {Error} when it is not */
  refusal(...args: string[]): Promise<string>
  /** Runs the release's Compose in `dir`, as its users call it. */
  compose(dir: string, ...args: string[]): Promise<string>
  /** Runs a program of the machine's in the engine's network. */
  sh(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Runs a program on the engine's host: its network, mounts and processes. */
  enter(argv: readonly string[], options?: RunOptions): Promise<string>
  snapshot(): Promise<string>
  /** Makes the image known to the engine under its own name. */
  importImage(name: ImageName): Promise<void>
  /** Both images, and a first container that has come and gone. */
  importImages(): Promise<void>
  startPlain(options?: PlainOptions): Promise<Plain>
  /** A registry on 127.0.0.1:5000 of the engine's network. Gives that address. */
  startRegistry(): Promise<string>
  /** Starts dockerd on what it left behind, after `kill`, `halt` or `powerOff`. */
  start(): Promise<void>
  /** SIGKILL to dockerd: containers run on. */
  kill(): Promise<void>
  /** SIGTERM to dockerd: it stops the containers and ends. */
  halt(): Promise<void>
  /** Takes the power from the host and gives it back; dockerd is not running then. */
  reboot(): Promise<void>
  /** Ends and removes everything. Twice is fine. */
  stop(): Promise<void>
  log(): string
}

/** @throws {Error} when the engine cannot be had, or does not answer within 60 s */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { release, packages = [] } = options
  await ensurePackages(['iproute2', 'iptables', 'nftables', 'conntrack'])
  const root = await engineRoot(release)
  const base = await withPackages(root, packages)
  const host = await createHost({ base, path: ['/run/engine-bin'] })
  const engine = describe(host, options, knownAs(await packageVersion(root, 'docker.io')))
  try {
    await engine.start()
  } catch (error) {
    host.remove()
    throw error
  }
  return engine
}

/** The newest engine that is written down and no newer than this: `29.1.3` is held against `28.5`. */
export function knownAs(version: string): Version {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOlder = (known: Version) => {
    const [otherMajor = 0, otherMinor = 0] = known.split('.').map(Number)
    return otherMajor < major || (otherMajor === major && otherMinor <= minor)
  }
  return VERSIONS.findLast(isOlder) ?? VERSIONS[0]
}

function describe(
  host: Host,
  { release, dockerdArgs = [], iptables = 'nft' }: EngineOptions,
  version: Version,
): Engine {
  const socket = join(host.dir, 'docker.sock')
  const env = { DOCKER_HOST: `unix://${socket}` }
  const docker = new Docker({ socketPath: socket })
  const cli = (...args: string[]) => host.enter(['docker', ...args], { env, timeout: 120_000 })
  const importImage = async (name: ImageName) => {
    const tar = join(host.dir, `${name}.tar`)
    copyFileSync(await imageTar(name), tar)
    await cli('import', '--change', `CMD ${JSON.stringify(idle)}`, tar, name)
  }
  let dockerd: Held | undefined

  return {
    release,
    version,
    host,
    dir: host.dir,
    docker,
    env,
    cli,
    refusal: (...args) =>
      cli(...args).then(
        (stdout) => Promise.reject(new Error(`docker ${args.join(' ')} was not refused: ${stdout}`)),
        (error: { stderr?: string }) => error.stderr ?? Promise.reject(error),
      ),
    compose: (dir, ...args) => {
      const settings = { cwd: dir, env: { ...env, PWD: dir }, timeout: 120_000 }
      const compose = release === 'bookworm' ? ['docker-compose'] : ['docker', 'compose']
      return host.enter([...compose, ...args], settings)
    },
    sh: host.sh,
    enter: host.enter,
    snapshot: () => snapshot(host),
    importImage,
    importImages: async () => {
      await importImage('busybox')
      await importImage('iperf')
      // Engine 28 makes an empty raw table with its first container and keeps it: not a trace of what is
      // tested.
      await cli('run', '--rm', 'busybox', 'true')
    },
    startPlain: (plainOptions) => startPlain(host, plainOptions),
    startRegistry: () => startRegistry(host),
    async start() {
      if (iptables === 'legacy') await preferLegacy(host)
      await host.enter(['sh', '-c', 'rm -f /run/docker.pid'])
      const args = ['-H', env.DOCKER_HOST, '--cgroup-parent', `/${host.name}`, '--shutdown-timeout', '5']
      dockerd = await host.spawn('dockerd.log', ['dockerd', ...args, ...dockerdArgs])
      const hopeless = dockerd.end
      await until(`dockerd of ${release} to answer`, () => docker.ping(), {
        timeout: 60_000,
        every: 100,
        hopeless,
      })
    },
    kill: async () => dockerd?.kill('SIGKILL'),
    halt: async () => dockerd?.kill('SIGTERM'),
    async reboot() {
      host.powerOff()
      await host.boot()
    },
    stop: async () => host.remove(),
    log: () => dockerd?.log() ?? '',
  }
}

/** Lets every program on the host find legacy iptables first, as `update-alternatives` would. */
async function preferLegacy(host: Host): Promise<void> {
  const names = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`])
  const links = names.map(
    (name) => `ln -sf /usr/sbin/${name.replace('tables', 'tables-legacy')} /run/engine-bin/${name}`,
  )
  await host.enter(['sh', '-c', ['mkdir -p /run/engine-bin', ...links].join(' && ')])
}
