import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { atExit } from '../cleanups.ts'
import { withPackages } from '../layer.ts'
import { deleteNetns, newName, removeCgroups, sweep } from '../leftovers.ts'
import { inNetns } from '../power.ts'
import { childOf, isAlive, killNow } from '../processes.ts'
import { serverRoot } from '../roots.ts'
import { hold, type RunOptions, run } from '../run.ts'
import { until } from '../until.ts'
import { relayDebian, relayNpm } from './relay.ts'

/**
 * A machine with systemd that nobody has installed anything on, as its owner sees it. It has no way out but
 * to packages.
 */
export interface Server {
  /** Unique on this machine; also the name of the network namespace. */
  readonly name: string
  /** Its file system as seen from out here. */
  readonly root: () => string
  /** Runs a line of shell as its root user. */
  shell(line: string, options?: RunOptions): Promise<string>
  /** Runs one of the tests' own programs in its network. */
  outside(argv: readonly string[], options?: RunOptions): Promise<string>
  /** `systemctl reboot`, up to when systemd says that all is started. */
  reboot(): Promise<void>
  /** bytes of packages that it has downloaded */
  downloaded(): number
  /** Registers what goes with the network when the power goes. */
  onPowerOff(undo: () => void): void
  /** Takes its power and removes it. Twice is fine. */
  remove(): void
}

export interface ServerOptions {
  readonly release: 'bookworm' | 'trixie'
  /** Debian packages that it has from the start. */
  readonly packages?: readonly string[]
}

const ports = { debian: 3142, npm: 4873 } as const

/** Makes a server and boots it. @throws {Error} when it cannot be had, or does not come up within a minute */
export async function bootServer({ release, packages = [] }: ServerOptions): Promise<Server> {
  sweep()
  const name = newName()
  const dir = join(tmpdir(), name)
  const base = await withPackages(await serverRoot(release), packages)
  for (const folder of ['root', 'upper', 'overlay', 'docker', 'containerd'])
    mkdirSync(join(dir, folder), { recursive: true })
  setUp(join(dir, 'upper'), release, name)
  const sockets = { debian: join(dir, 'debian.sock'), npm: join(dir, 'npm.sock') }
  const relays = [
    await relayDebian(sockets.debian),
    await relayNpm(sockets.npm, `http://127.0.0.1:${ports.npm}/`),
  ]
  const power = powerSupply(name, dir, base, sockets)
  const remove = atExit(() => {
    power.off()
    for (const relay of relays) relay.close()
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  try {
    await power.on()
  } catch (error) {
    remove()
    throw error
  }
  return {
    name,
    root: () => `/proc/${power.init()}/root`,
    shell: power.shell,
    outside: (argv, options) => run([...inNetns(name), ...argv], options),
    async reboot() {
      const before = power.init()
      // The machine may go before it has answered.
      await power.shell('systemctl reboot').catch(() => {})
      await until('the machine to go down', () => !isAlive(before), { timeout: 60_000 })
      power.off()
      await power.on()
    },
    downloaded: () => relays.reduce((sum, relay) => sum + relay.sent(), 0),
    onPowerOff: power.beforeOff,
    remove,
  }
}

/** What its installer would have asked for: its name, and where packages come from. */
function setUp(disk: string, release: string, name: string): void {
  const debian = `http://127.0.0.1:${ports.debian}/`
  const files = {
    'etc/hostname': `${name}\n`,
    'etc/hosts': `127.0.0.1 localhost ${name}\n::1 localhost\n`,
    'etc/resolv.conf': '',
    'etc/apt/apt.conf.d/90age': 'Acquire::Check-Valid-Until "false";\n',
    // Its disk need not survive this machine's power.
    'etc/dpkg/dpkg.cfg.d/tests': 'force-unsafe-io\n',
    'root/.npmrc': `registry=http://127.0.0.1:${ports.npm}/\n`,
    ...(release === 'bookworm'
      ? { 'etc/apt/sources.list': `deb ${debian} ${release} main\n` }
      : {
          'etc/apt/sources.list': '',
          'etc/apt/sources.list.d/debian.sources': `Types: deb\nURIs: ${debian}\nSuites: ${release}
Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
        }),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(disk, path)), { recursive: true })
    writeFileSync(join(disk, path), text)
  }
}

const isolation = ['--cgroup', '--mount', '--propagation', 'private', '--uts', '--ipc', '--pid', '--fork']

type Sockets = Readonly<Record<keyof typeof ports, string>>

function powerSupply(name: string, dir: string, base: string, sockets: Sockets) {
  const undos: (() => void)[] = []
  const log = join(dir, 'boot.log')
  let outer: ChildProcess | undefined
  let init = 0

  const shell: Server['shell'] = (line, { env = {}, cwd = '/root', ...options } = {}) => {
    const vars = Object.entries({ HOME: '/root', LANG: 'C.UTF-8', PATH, ...env })
    const inside = [
      'nsenter',
      '-t',
      String(init),
      '-m',
      '-u',
      '-i',
      '-n',
      '-p',
      '-C',
      '--',
      'env',
      '-i',
      '-C',
      cwd,
    ]
    const argv = [...inside, ...vars.map(([key, value]) => `${key}=${value}`), 'bash', '-c', line]
    return run(argv, options)
  }

  async function on(): Promise<void> {
    await run(['ip', 'netns', 'add', name])
    const unshare = ['unshare', ...isolation, '--kill-child=KILL', '--']
    const script = ['sh', join(import.meta.dirname, 'boot.sh'), dir, base, name]
    mkdirSync(cgroup(name), { recursive: true })
    const enter = ['sh', '-c', 'echo 0 >"$0/cgroup.procs" && exec "$@"', cgroup(name)]
    outer = hold([...enter, ...inNetns(name), ...unshare, ...script], log)
    init = await childOf(outer.pid ?? 0)
    for (const [what, port] of Object.entries(ports)) {
      const listen = `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`
      const relay = [...inNetns(name), 'socat', listen, `UNIX-CONNECT:${sockets[what as keyof Sockets]}`]
      const child = hold(relay, join(dir, 'relay.log'))
      undos.push(() => killNow(child.pid ?? 0))
    }
    const hopeless = () => !isAlive(init) && `it ended: ${readFileSync(log, 'utf8')}`
    const isUp = async () => {
      const state = await shell('systemctl is-system-running --wait || systemctl --failed')
      if (state !== 'running') throw new Error(state)
      return true
    }
    await until('systemd to start everything', isUp, { timeout: 120_000, every: 100, hopeless })
  }

  function off(): void {
    for (const undo of undos.splice(0).reverse()) undo()
    if (outer?.pid) killNow(outer.pid)
    if (init) killNow(init) // with it the kernel ends every process of the machine
    outer = undefined
    init = 0
    deleteNetns(name)
    removeCgroups(name)
  }

  return { init: () => init, shell, on, off, beforeOff: (undo: () => void) => void undos.push(undo) }
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A cgroup of this name, where cgroups of version 2 are: alone, or beside those of version 1. */
function cgroup(name: string): string {
  const top = '/sys/fs/cgroup'
  return join(existsSync(join(top, 'cgroup.procs')) ? top : join(top, 'unified'), name)
}
