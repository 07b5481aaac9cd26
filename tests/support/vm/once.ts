import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { until } from '../until.ts'

/**
 * Makes `folder` unless it is there, whole or not at all, and only once when several processes want it: `make` fills a
 * folder that takes the name when it is done.
 *
 * @throws {Error} after 15 minutes of waiting for another process
 */
export async function once(folder: string, make: (part: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return
  mkdirSync(dirname(folder), { recursive: true })
  const unlock = await lock(`${folder}.lock`, () => existsSync(folder))
  try {
    if (existsSync(folder)) return
    const part = `${folder}.part`
    rmSync(part, { recursive: true, force: true })
    mkdirSync(part)
    await make(part)
    renameSync(part, folder)
  } finally {
    unlock()
  }
}

/** Holds `file` as a lock between processes, or gives up the wait when `done` becomes true. A dead holder's lock is broken. */
async function lock(file: string, done: () => boolean): Promise<() => void> {
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
