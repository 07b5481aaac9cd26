import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { cacheDir, mirror } from '../roots.ts'
import { run } from '../run.ts'

/** Where a machine without a way out gets packages from: one server behind a socket. */
export interface Relay {
  /** bytes of bodies sent so far */
  readonly sent: () => number
  close(): void
}

const folder = join(cacheDir, 'relay')
const day = 86_400_000

/** What never changes under its name: packages, and indices that are named by their hash. */
const LASTING = /\.(?:deb|tgz)$|\/by-hash\//

/** Hands out what the mirror has that this machine installs its own Debian packages from. */
export const relayDebian = async (socket: string): Promise<Relay> =>
  startRelay(socket, { base: await mirror(), lasting: LASTING, own: '' })

/**
 * Hands out what npm's registry has, as this machine's npm knows it. `own` is where the machine thinks that
 * it is.
 */
export const relayNpm = async (socket: string, own: string): Promise<Relay> =>
  startRelay(socket, { base: await run(registry), lasting: LASTING, own })

/** tap has each Node that its tests start load its own code, which npm's Node may be too old for. */
const registry = ['env', '-u', 'NODE_OPTIONS', 'npm', 'config', 'get', 'registry']

interface Source {
  /** its address */
  readonly base: string
  readonly lasting: RegExp
  /** what takes the place of `base` in its answers; nothing does when empty */
  readonly own: string
}

async function startRelay(socket: string, source: Source): Promise<Relay> {
  mkdirSync(folder, { recursive: true })
  prune()
  let bytes = 0
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { status, body, type, gzip } = await fetchOnce(source, request)
    response.writeHead(status, {
      'content-length': body.length,
      'content-type': type,
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    })
    bytes += body.length
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => response.writeHead(502).end(`${error.message}\n`))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  server.unref()
  return { sent: () => bytes, close: () => void server.close() }
}

interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly type: string
  readonly gzip: boolean
}

/** What the source answers; from the cache if it lasts, or is of npm's and no more than a day old. */
async function fetchOnce(
  { base, lasting, own }: Source,
  { url = '/', headers }: IncomingMessage,
): Promise<Answer> {
  const address = new URL(url.slice(1), base).href
  const accept = headers.accept ?? '*/*'
  const isText = own !== '' && !lasting.test(url)
  const type = isText ? (accept.split(/[,;]/)[0] ?? 'application/json') : 'application/octet-stream'
  const key = createHash('sha256')
    .update(`${address} ${isText ? type : ''} ${own}`)
    .digest('hex')
  const file = join(folder, key)
  if (isFresh(file, lasting.test(url) ? Number.POSITIVE_INFINITY : isText ? day : 0))
    return { status: 200, body: readFileSync(file), type, gzip: isText }
  const response = await fetch(address, { headers: { accept } })
  const received = Buffer.from(await response.arrayBuffer())
  if (!response.ok) return { status: response.status, body: received, type, gzip: false }
  const body = isText ? gzipSync(received.toString().replaceAll(base, own)) : received
  const part = `${file}.${process.pid}`
  writeFileSync(part, body)
  renameSync(part, file)
  return { status: 200, body, type, gzip: isText }
}

function isFresh(file: string, age: number): boolean {
  if (!existsSync(file) || Date.now() - statSync(file).mtimeMs > age) return false
  // A package that is in use stays.
  if (age === Number.POSITIVE_INFINITY) utimesSync(file, new Date(), new Date())
  return true
}

/** Forgets what nobody has asked for in two weeks. */
function prune(): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (Date.now() - statSync(file).mtimeMs > 14 * day) rmSync(file, { force: true })
  }
}
