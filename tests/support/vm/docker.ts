import type { ImageName } from '../images.ts'
import { until } from '../until.ts'
import type { Remote } from './channel.ts'
import { supplies } from './supplies.ts'
import type { Vm } from './vm.ts'

/** Debian 13's engine in a virtual machine. */
export interface VmDocker {
  /** Runs the Docker CLI and gives its stdout. @throws {VmCommandError} */
  cli(...args: string[]): Promise<string>
  /** What the CLI says on stderr when it is refused. @throws {Error} when it is not */
  refusal(...args: string[]): Promise<string>
  /** Starts a container of the image `busybox` that does nothing. */
  startContainer(name: string, network: string, ...options: string[]): Promise<void>
  /** The file of a container's network namespace, in the machine. */
  netns(container: string): Promise<string>
  /** A container's IPv4 address on its one network. */
  address(container: string): Promise<string>
  /** What dockerd has logged, and managed plugins with it. */
  log(): string
}

// Does nothing, and ends at once when told to, which a plain `sleep` as process 1 does not.
const idle = ['sh', '-c', 'trap exit TERM; sleep infinity & wait']

// The disk with the created plugin is read-only: what dockerd writes goes beside it. dockerd renames a plugin
// that it removes.
const layPlugins = `
  set -e
  dir=/var/lib/docker/plugins
  mkdir -p $dir /var/lib/plugins/upper /var/lib/plugins/work
  mount -t overlay -o redirect_dir=on,lowerdir=${supplies.plugins},upperdir=/var/lib/plugins/upper,workdir=/var/lib/plugins/work overlay $dir`

/**
 * Starts dockerd, with the images `busybox` and `iperf`.
 *
 * @throws {Error} when it does not answer within 3 minutes, with the end of its log
 */
export async function startDockerd(vm: Vm): Promise<VmDocker> {
  await vm.run(['sh', '-c', layPlugins])
  const dockerd = vm.spawn(['dockerd', '--shutdown-timeout', '5'])
  const cli = (...args: string[]) => vm.run(['docker', ...args], { timeout: 300_000 })
  await until('dockerd to answer', () => cli('version'), {
    timeout: 180_000,
    every: 500,
    hopeless: () => hasEnded(dockerd),
  })
  const importImage = (name: ImageName) =>
    cli('import', '--change', `CMD ${JSON.stringify(idle)}`, supplies.image(name), name)
  await Promise.all([importImage('busybox'), importImage('iperf')])
  const inspect = (container: string, format: string) => cli('inspect', '-f', format, container)
  return {
    cli,
    refusal: (...args) =>
      cli(...args).then(
        (stdout) => Promise.reject(new Error(`docker ${args.join(' ')} was not refused: ${stdout}`)),
        (error: { stderr?: string }) => error.stderr ?? Promise.reject(error),
      ),
    startContainer: async (name, network, ...options) => {
      await cli('run', '-d', '--name', name, '--network', network, ...options, 'busybox')
    },
    netns: async (container) => `/proc/${await inspect(container, '{{.State.Pid}}')}/ns/net`,
    address: (container) => inspect(container, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'),
    log: () => dockerd.stderr(),
  }
}

/**
 * Enables the checkout as a managed plugin. Gives the driver's name.
 *
 * An engine gives a plugin ten seconds to listen, which emulation may use up when everything is read for the
 * first time.
 */
export async function startManaged({ cli }: VmDocker): Promise<string> {
  const driver = 'sluice:latest'
  await until('the engine to enable the plugin', () => cli('plugin', 'enable', '--timeout', '120', driver), {
    timeout: 180_000,
  })
  return driver
}

/**
 * The product as a plain process of the machine, with the driver name `sluice`; the managed plugin goes for
 * it.
 */
export async function startPlain(
  vm: Vm,
  { cli }: VmDocker,
  env: Readonly<Record<string, string>> = {},
): Promise<Remote> {
  // Enabled or not, Docker would take the name for the plugin's.
  await cli('plugin', 'rm', '-f', 'sluice:latest')
  const socket = '/run/docker/plugins/sluice.sock'
  const settings = { STATE_DIR: '/var/lib/sluice', LOG_LEVEL: 'debug', METRICS_LISTEN: '', SOCKET: socket }
  await vm.run(['mkdir', '-p', settings.STATE_DIR])
  const program = vm.spawn([supplies.node, supplies.product], { env: { ...settings, ...env } })
  await until('sluice to listen', () => vm.run(['ls', socket]), {
    timeout: 120_000,
    every: 500,
    hopeless: () => hasEnded(program),
  })
  return program
}

const hasEnded = (program: Remote): string | false =>
  !program.isRunning() && `it ended: ${(program.stdout() + program.stderr()).slice(-2000)}`
