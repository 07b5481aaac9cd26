import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './cleanups.ts'
import { newName, sweep } from './leftovers.ts'
import { inNetns, powerSupply } from './power.ts'
import { childOf, isAlive } from './processes.ts'
import { cleanEnv, ended, hold, type RunOptions, run } from './run.ts'
import { until } from './until.ts'

/** The checkout under test. */
export const repo = join(import.meta.dirname, '../..')

/** A process inside a host. `pid` is its id out here. */
export interface Held {
  readonly pid: number
  /** Sends the signal and waits for the end, 15 s at most. */
  kill(signal: NodeJS.Signals): Promise<void>
  readonly isRunning: () => boolean
  /** Once it has ended: the last of its output. */
  readonly end: () => string | false
  readonly log: () => string
}

/** A machine of its own as far as network, mounts and processes go, with no way out. */
export interface Host {
  /** Unique on this machine; also the name of the network namespace and of the cgroup. */
  readonly name: string
  /** Its disk, seen at the same path within. */
  readonly dir: string
  /** Its file system as seen from out here. */
  readonly root: () => string
  /** Runs a program of the machine's in this host's network only. */
  sh(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Runs a program of this host's, in it altogether. */
  enter(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Starts a program that stays, with its output in the file `<dir>/<log>`. */
  spawn(log: string, argv: readonly string[], options?: RunOptions): Promise<Held>
  /** The power cord: every process dies at once, the network is gone, the disk stays. */
  powerOff(): void
  /** Starts it again after `powerOff`. */
  boot(): Promise<void>
  /** Registers what goes with the network when the power goes. */
  onPowerOff(undo: () => void): void
  /** Powers off and removes the disk. Twice is fine. */
  remove(): void
}

export interface HostOptions {
  /** Root file system: folders, as overlayfs names its lower ones. It stays as it is. */
  readonly base: string
  /** Folders that come first on the path of everything in this host. */
  readonly path?: readonly string[]
}

/** Makes a host and boots it. It goes when the process ends, if it was not removed before. */
export async function createHost({ base, path = [] }: HostOptions): Promise<Host> {
  sweep()
  const name = newName()
  const dir = join(tmpdir(), name)
  mkdirSync(dir, { recursive: true })
  const power = powerSupply(name, ['sh', join(import.meta.dirname, 'host.sh'), dir, repo, base], dir)
  const remove = atExit(() => {
    power.off()
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  const inside = (options: RunOptions) => {
    // From nothing: tap adds settings of its own to whatever its tests start.
    const env = { ...cleanEnv, PATH: [...path, cleanEnv.PATH].join(':'), ...options.env }
    const vars = Object.entries(env).map(([key, value]) => `${key}=${value}`)
    return [
      'nsenter',
      '-t',
      String(power.init()),
      '-m',
      '-n',
      '-p',
      '--',
      'env',
      '-C',
      options.cwd ?? '/',
      ...vars,
    ]
  }
  const host: Host = {
    name,
    dir,
    root: () => `/proc/${power.init()}/root`,
    sh: (argv, options) => run([...inNetns(name), ...argv], options),
    enter: (argv, options = {}) => run([...inside(options), ...argv], { ...options, cwd: '/' }),
    async spawn(log, argv, options = {}) {
      const file = join(dir, log)
      return held(hold([...inside(options), ...argv], file), file)
    },
    powerOff: power.off,
    boot: power.on,
    onPowerOff: power.beforeOff,
    remove,
  }
  try {
    await host.boot()
  } catch (error) {
    remove()
    throw error
  }
  return host
}

/** @param outer an nsenter(1) that forked */
async function held(outer: ChildProcess, log: string): Promise<Held> {
  const pid = await childOf(outer.pid ?? 0).catch((error: Error) => {
    throw new Error(`${error.message}: ${readFileSync(log, 'utf8').slice(-2000)}`)
  })
  return {
    pid,
    async kill(signal) {
      if (isAlive(pid)) process.kill(pid, signal)
      await until(`process ${pid} to end on ${signal}`, () => !isAlive(pid), { timeout: 15_000, every: 10 })
      await ended(outer)
    },
    isRunning: () => isAlive(pid),
    end: () => !isAlive(pid) && `it ended: ${readFileSync(log, 'utf8').slice(-2000)}`,
    log: () => readFileSync(log, 'utf8'),
  }
}
