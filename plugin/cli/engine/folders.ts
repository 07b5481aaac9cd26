import { constants, openSync } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A UNIX socket's path ends at 107 bytes (unix(7)). */
const LONGEST = 107

/** An engine's process on this machine. */
interface EngineProcess {
  readonly pid: string
  /** it listens at the socket that was asked for */
  readonly isMeant: boolean
  /** it sees the files that we see */
  readonly isHere: boolean
}

const links = (path: string): Promise<string> => readlink(path).catch(() => '')
const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
const names = (path: string): Promise<readonly string[]> => readdir(path).catch(() => [])

const looked = new Map<string, Promise<readonly EngineProcess[]>>()

/**
 * Engines whose processes may be looked at: root sees all, others their own.
 *
 * @param socket path of the one that is meant
 */
function engineProcesses(socket: string): Promise<readonly EngineProcess[]> {
  const found = looked.get(socket) ?? findProcesses(socket)
  looked.set(socket, found)
  return found
}

async function findProcesses(socket: string): Promise<readonly EngineProcess[]> {
  const own = await links('/proc/self/ns/mnt')
  const pids = (await names('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      if ((await text(`/proc/${pid}/comm`)).trim() !== 'dockerd') return []
      const [namespace, isMeant] = await Promise.all([links(`/proc/${pid}/ns/mnt`), listens(pid, socket)])
      return namespace === '' ? [] : [{ pid, isMeant, isHere: namespace === own }]
    }),
  )
  return found.flat()
}

const plain = (path: string): string => path.replace(/^\/var\/run\//, '/run/')

/** Whether a process has the socket of this path open. */
async function listens(pid: string, socket: string): Promise<boolean> {
  const inodes = (await text(`/proc/${pid}/net/unix`)).split('\n').flatMap((line) => {
    const [, , , , , , inode, path = ''] = line.trim().split(/\s+/)
    return plain(path) === plain(socket) ? [`socket:[${inode}]`] : []
  })
  if (inodes.length === 0) return false
  const folder = `/proc/${pid}/fd`
  const open = await Promise.all((await names(folder)).map((fd) => links(`${folder}/${fd}`)))
  return open.some((link) => inodes.includes(link))
}

/**
 * Where a plugin's socket can be reached from here: an engine may see other files than we do, and its plugins
 * are where it looks.
 *
 * @param path as the engine has it
 * @param engine the engine's own socket; nothing where it is not known
 * @param isUnique whether no other engine's plugin can have this path, as one with a plugin's id
 * @returns a path that can be connected to, or nothing where there is no such socket
 */
export async function locate(
  path: string,
  engine: string | undefined,
  isUnique: boolean,
): Promise<string | undefined> {
  const processes = engine === undefined ? [] : await engineProcesses(engine)
  const elsewhere = processes.filter(({ isHere }) => !isHere)
  const rooted = ({ pid }: EngineProcess): string => join(`/proc/${pid}/root`, path)
  const meant = elsewhere.filter(({ isMeant }) => isMeant).map(rooted)
  // The engine that is meant may listen where we do not see it.
  const others = isUnique && !processes.some(({ isMeant }) => isMeant) ? elsewhere.map(rooted) : []
  for (const one of [...meant, path, ...others]) if (await isThere(one)) return short(one)
  return undefined
}

/** What may not be looked at counts: connecting says that it is forbidden. */
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isSocket(),
    ({ code }: NodeJS.ErrnoException) => code === 'EACCES' || code === 'EPERM',
  )

function short(path: string): string {
  if (Buffer.byteLength(path) <= LONGEST) return path
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  return `/proc/self/fd/${folder}/${basename(path)}`
}
