import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { lock } from '../lock.ts'

/**
 * Makes `folder` unless it is there, whole or not at all, and only once when several processes want it:
 * `make` fills a folder that takes the name when it is done.
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
