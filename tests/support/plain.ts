import { connect } from 'node:net'
import { join } from 'node:path'
import { type Held, type Host, repo } from './host.ts'
import { until } from './until.ts'

export interface PlainOptions {
  readonly env?: Readonly<Record<string, string>>
}

/** The product as a plain process on an engine's host; its driver is called `sluice`. */
export interface Plain {
  /** Its process id, on this machine. */
  readonly pid: () => number
  /** Its socket, at a path that works out here. */
  readonly socket: () => string
  /** Its state folder. */
  readonly stateDir: string
  /** Sends the signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Ends it if it runs, with SIGTERM, and starts it on the same state. */
  restart(): Promise<void>
  /** All it has written to stdout and stderr, over its restarts. */
  log(): string
}

const socket = '/run/docker/plugins/sluice.sock'

/** @throws {Error} when the product does not listen within 20 s, with the end of its log */
export async function startPlain(host: Host, { env = {} }: PlainOptions = {}): Promise<Plain> {
  const stateDir = join(host.dir, 'state')
  const settings = { STATE_DIR: stateDir, LOG_LEVEL: 'debug', METRICS_LISTEN: '', SOCKET: socket, ...env }
  const argv = [join(repo, 'node_modules/.bin/node'), join(repo, 'plugin/main.ts')]
  let held: Held

  async function start() {
    await host.enter(['mkdir', '-p', stateDir, '/run/docker/plugins'])
    held = await host.spawn('sluice.log', argv, { cwd: repo, env: settings })
    const listens = () => accepts(host.root() + socket)
    await until('sluice to listen', listens, { timeout: 20_000, hopeless: held.end })
  }
  await start()
  return {
    pid: () => held.pid,
    socket: () => host.root() + socket,
    stateDir,
    kill: (signal) => held.kill(signal),
    async restart() {
      if (held.isRunning()) await held.kill('SIGTERM')
      await start()
    },
    log: () => held.log(),
  }
}

/** Whether somebody listens on a Unix socket. */
const accepts = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const connection = connect(path, () => {
      connection.destroy()
      resolve(true)
    })
    connection.on('error', reject)
  })
