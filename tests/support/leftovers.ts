import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Names of what the tests make carry the id of the process that made it, so that what a killed run left
// behind is known.
const ours = /^slt-(\d+)-[0-9a-f]+/

/** A name for a host that no other test has. */
export const newName = (): string => `slt-${process.pid}-${randomBytes(3).toString('hex')}`

/**
 * Removes what tests of processes that are gone have left: namespaces, cgroups, folders. Their own processes
 * died with them.
 */
export function sweep(): void {
  for (const name of deadNames('/run/netns')) {
    deleteNetns(name)
    removeCgroups(name)
  }
  for (const name of deadNames(tmpdir())) rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

const deadNames = (dir: string): string[] =>
  (existsSync(dir) ? readdirSync(dir) : []).filter((name) => {
    const pid = ours.exec(name)?.[1]
    return pid !== undefined && !existsSync(`/proc/${pid}`)
  })

/** Removes a named network namespace, with whatever is in it; fine when there is none. */
export function deleteNetns(name: string): void {
  if (existsSync(join('/run/netns', name))) spawnSync('ip', ['netns', 'del', name], { stdio: 'inherit' })
}

/** Removes the cgroup `name` and those in it from every hierarchy. Its processes must have ended. */
export function removeCgroups(name: string): void {
  const top = '/sys/fs/cgroup'
  for (const path of [join(top, name), ...readdirSync(top).map((hierarchy) => join(top, hierarchy, name))])
    if (existsSync(path)) removeTree(path)
}

function removeTree(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(dir, entry.name))
  try {
    rmdirSync(dir)
  } catch {
    // A dying process may hold it a moment longer; an empty cgroup costs nothing.
  }
}
