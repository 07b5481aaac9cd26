import { closeSync, createReadStream, mkdtempSync, openSync, type ReadStream, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A pipe: we write at one end, a program reads at the other. */
export interface Pipe {
  /** for the program's standard input; the caller destroys it once the program has started */
  readonly reading: ReadStream
  readonly writing: Socket
  /** Call it once the program has ended: the next program may then use the pipe. */
  readonly giveBack: () => void
}

/**
 * open(2): a handle to the file itself, which keeps neither end of the pipe open. Node has no constant for
 * it.
 */
const O_PATH = 0o10_000_000
/** FIFOs made at a time; more programs than that rarely run at once */
const BATCH = 4

/** Makes a FIFO at each path, which only this user can open. */
type MakeFifos = (paths: readonly string[]) => Promise<void>

/**
 * Provides real pipes. Node's "pipes" are UNIX sockets, and nft 1.0.7 to 1.0.9 reads its standard input only
 * from a FIFO or a regular file.
 *
 * @returns a function that opens a pipe, or returns undefined if none can be made
 * @see https://git.netfilter.org/nftables/commit/?id=149b1c95d129f8ec8a3df16aeca0e9063e8d45bf
 */
export function createPipes(make: MakeFifos): () => Promise<Pipe | undefined> {
  /** handles to FIFOs that nobody uses */
  const idle: number[] = []
  let isPossible = true
  return async () => {
    if (idle.length === 0 && isPossible) idle.push(...(await nameless(make).catch(() => [])))
    const handle = idle.pop()
    isPossible = handle !== undefined
    return handle === undefined ? undefined : open(handle, () => idle.push(handle))
  }
}

/** FIFOs without a name: nobody else can open them, and they leave no file behind. */
async function nameless(make: MakeFifos): Promise<number[]> {
  const folder = privateFolder()
  try {
    const paths = Array.from({ length: BATCH }, (_, index) => join(folder, String(index)))
    await make(paths)
    return paths.map((path) => openSync(path, O_PATH))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function open(handle: number, release: () => void): Pipe {
  const path = `/proc/self/fd/${handle}`
  // Opening one end waits for the other, unless both are open already.
  const both = openSync(path, 'r+')
  const reading = createReadStream('', { fd: openSync(path, 'r') })
  const writing = new Socket({ fd: openSync(path, 'w'), readable: false, writable: true })
  closeSync(both)
  // If a program ends early, its result shows that.
  writing.on('error', () => undefined)
  const isClosed = new Promise((resolve) => writing.once('close', resolve))
  return {
    reading,
    writing,
    giveBack: () => {
      writing.destroy()
      // While an end is open, the pipe keeps unread data, which the next program would read.
      void isClosed.then(release)
    },
  }
}

/** A folder in memory if possible: that works with a full disk, and below a read-only root. */
function privateFolder(): string {
  try {
    return mkdtempSync('/dev/shm/sluice-')
  } catch {
    return mkdtempSync(join(tmpdir(), 'sluice-'))
  }
}
