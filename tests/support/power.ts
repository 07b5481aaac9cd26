import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deleteNetns, removeCgroups } from './leftovers.ts'
import { childOf, isAlive, killNow } from './processes.ts'
import { hold, run } from './run.ts'
import { until } from './until.ts'

/** Brings a host to life and takes its life. */
export interface Power {
  /** The process id, on this machine, of the host's process 1. */
  init(): number
  on(): Promise<void>
  /** Twice is fine, and when it was never on. */
  off(): void
  /** Registers what must be undone before the next `off`, once. */
  beforeOff(undo: () => void): void
}

/**
 * What puts a command into a named network namespace. Not `ip netns exec`: its /sys has no cgroups, which
 * dockerd needs.
 */
export const inNetns = (name: string): readonly string[] => ['nsenter', `--net=/run/netns/${name}`, '--']

/**
 * @param name of the network namespace and of the cgroup that go with the power
 * @param program becomes the host's process 1, and writes the file `<dir>/ready` once it is one
 */
export function powerSupply(name: string, program: readonly string[], dir: string): Power {
  const unshare = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--',
  ]
  const [ready, log] = [join(dir, 'ready'), join(dir, 'host.log')]
  const undos: (() => void)[] = []
  let outer: ChildProcess | undefined
  let init = 0

  const hopeless = () => !isAlive(init) && `it ended: ${readFileSync(log, 'utf8')}`
  return {
    init: () => init,
    async on() {
      rmSync(ready, { force: true })
      await run(['ip', 'netns', 'add', name])
      outer = hold([...inNetns(name), ...unshare, ...program], log)
      init = await childOf(outer.pid ?? 0)
      await until('the host to boot', () => existsSync(ready), { timeout: 10_000, every: 10, hopeless })
    },
    off() {
      for (const undo of undos.splice(0).reverse()) undo()
      if (outer?.pid) killNow(outer.pid)
      if (init) killNow(init) // with it the kernel ends every process of the host
      outer = undefined
      init = 0
      deleteNetns(name)
      removeCgroups(name)
    },
    beforeOff: (undo) => undos.push(undo),
  }
}
