import { join } from 'node:path'
import Docker from 'dockerode'
import { createHost, type Held, type Host } from './host.ts'
import { type ImageName, imageTar } from './images.ts'
import { withPackages } from './layer.ts'
import { ensurePackages } from './packages.ts'
import { type Plain, type PlainOptions, startPlain } from './plain.ts'
import { startRegistry } from './registry.ts'
import { engineRoot, type Release } from './roots.ts'
import { type RunOptions, run } from './run.ts'
import { snapshot } from './snapshot.ts'
import { until } from './until.ts'

export type Version = '20.10' | '26.1' | '28.5'

export interface EngineOptions {
  readonly version: Version
  readonly dockerdArgs?: readonly string[]
  /** Which iptables the engine finds on its path; Debian's default, `nft`, when left out. */
  readonly iptables?: 'nft' | 'legacy'
  /** Debian packages that its machine has besides; not with 20.10, whose machine is this one. */
  readonly packages?: readonly string[]
}

const releases: Readonly<Record<Version, Release>> = {
  '20.10': 'bookworm',
  '26.1': 'trixie',
  '28.5': 'forky',
}

// An image's default command: does nothing, and ends at once when told to, which a plain `sleep` as process 1 does not.
const idle = ['sh', '-c', 'trap exit TERM; sleep infinity & wait']

/** A real Docker engine on a host of its own. */
export interface Engine {
  readonly version: Version
  readonly host: Host
  /** A folder that the engine sees at the same path. */
  readonly dir: string
  readonly docker: Docker
  /** What names this engine to a Docker client. */
  readonly env: { readonly DOCKER_HOST: string }
  /** Runs the machine's Docker CLI and gives its stdout. @throws {ExecaError} with `stderr` */
  cli(...args: string[]): Promise<string>
  /** What the CLI says on stderr when it is refused. @throws {Error} when it is not */
  refusal(...args: string[]): Promise<string>
  /** Runs Compose in `dir`: version 1.29 on 20.10, else the engine's own `docker compose`. */
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

/** @throws {Error} when the engine cannot be had, is of another version or does not answer within 60 s */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { version, packages = [] } = options
  await ensurePackages(['docker.io', 'docker-compose', 'iproute2', 'nftables', 'iptables', 'conntrack'])
  const path = ['/run/engine-bin']
  const host = await createHost(
    version === '20.10'
      ? { path }
      : { base: await withPackages(await engineRoot(releases[version]), packages), path },
  )
  const engine = describe(host, options)
  try {
    await engine.start()
    const { Version } = await engine.docker.version()
    if (!Version.startsWith(`${version}.`))
      throw new Error(`wanted Docker ${version}, which Debian 12 has: this is ${Version}`)
  } catch (error) {
    host.remove()
    throw error
  }
  return engine
}

function describe(host: Host, { version, dockerdArgs = [], iptables = 'nft' }: EngineOptions): Engine {
  const socket = join(host.dir, 'docker.sock')
  const env = { DOCKER_HOST: `unix://${socket}` }
  const docker = new Docker({ socketPath: socket })
  const cli = (...args: string[]) => run(['docker', ...args], { env, timeout: 120_000 })
  const importImage = async (name: ImageName) => {
    const tar = await imageTar(name)
    await cli('import', '--change', `CMD ${JSON.stringify(idle)}`, tar, name)
  }
  let dockerd: Held | undefined

  return {
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
      return version === '20.10'
        ? run(['docker-compose', ...args], settings)
        : host.enter(['docker', 'compose', ...args], settings)
    },
    sh: host.sh,
    enter: host.enter,
    snapshot: () => snapshot(host),
    importImage,
    importImages: async () => {
      await importImage('busybox')
      await importImage('iperf')
      // Engine 28 makes an empty raw table with its first container and keeps it: not a trace of what is tested.
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
      await until(`dockerd ${version} to answer`, () => docker.ping(), {
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
