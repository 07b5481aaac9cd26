import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { until } from './until.ts'

/**
 * Holds `file` as a lock between processes, or gives up the wait when `done` becomes true. A dead holder's
 * lock is broken.
 */
export async function lock(file: string, done: () => boolean): Promise<() => void> {
  let held = false
  const take = () => {
    if (done()) return true
    if (existsSync(file) && !existsSync(`/proc/${readFileSync(file, 'utf8')}`)) rmSync(file)
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    held = true
    return true
  }
  await until(`the lock ${file}, held by another test run`, take, { timeout: 900_000, every: 500 })
  return () => {
    if (held) rmSync(file, { force: true })
  }
}
