import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../host.ts'
import { type ImageName, imageTar } from '../images.ts'
import { run } from '../run.ts'
import { until } from '../until.ts'
import type { Server } from './server.ts'

/** Who has unpacked the checkout on a server, and types there. */
export interface User {
  readonly server: Server
  /** Types a line in the checkout's folder. Gives what it writes on stdout. */
  type(line: string): Promise<string>
  /** Types `docker …`. */
  docker(...args: string[]): Promise<string>
}

/**
 * Unpacks the checkout in a folder of the server's root user, as from a tarball: without git's own files, nor
 * anything built.
 */
export async function unpack(server: Server, folder: string): Promise<User> {
  const path = join('/root', folder)
  const out = join(server.root(), path)
  mkdirSync(out, { recursive: true })
  const without = ['.git', 'node_modules', 'build', '.tap'].map((name) => `--exclude=./${name}`)
  await run(['sh', '-c', 'tar -C "$0" -c "$@" . | tar -C "$OUT" -x', repo, ...without], { env: { OUT: out } })
  const type: User['type'] = (line) => server.shell(line, { cwd: path, timeout: 600_000 })
  const words = (args: readonly string[]) => args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ')
  return {
    server,
    type,
    docker: (...args) => server.shell(`docker ${words(args)}`, { timeout: 120_000 }),
  }
}

/** Puts an image into the server's engine: there is no registry to pull from. */
export async function importImage({ server, docker }: User, name: ImageName): Promise<void> {
  const tar = `/root/${name}.tar`
  await run(['cp', await imageTar(name), join(server.root(), tar)])
  await docker('import', '--change', 'CMD ["sh", "-c", "trap exit TERM; sleep infinity & wait"]', tar, name)
}

/** What answers at a port of the server's, asked in its own network. */
export const answerAt = ({ server }: User, address: string): Promise<string> =>
  until(`an answer at ${address}`, () =>
    server.outside(['busybox', 'wget', '-q', '-O-', `http://${address}/`]),
  )
