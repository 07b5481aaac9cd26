import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { until } from './until.ts'

/** The parent of a process, in this PID namespace; 0 when it is gone. */
function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0 // ended while we looked
  }
}

/**
 * The one child of a process that forks once and waits, as unshare(1) and nsenter(1) do.
 *
 * @throws {Error} after 10 s without a child
 */
export function childOf(pid: number): Promise<number> {
  const look = () => {
    if (!isAlive(pid)) throw new Error(`process ${pid} has ended`)
    return Number(readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && parentOf(entry) === pid) ?? 0)
  }
  return until(`a child of process ${pid}`, look, { timeout: 10_000, every: 5 })
}

/** Whether the process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/**
 * SIGKILL, and a wait of at most 5 s that blocks this whole process: for exit hooks. A process already gone
 * is fine.
 */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return
  }
  const end = Date.now() + 5000
  while (isAlive(pid) && existsSync(`/proc/${pid}`) && Date.now() < end)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
}
