import { existsSync } from 'node:fs'
import { engineClient } from '../../follower/engine-client.ts'
import type { Environment, Globals } from '../call.ts'
import { engineSocket, hostSource } from './engine-host.ts'

/** A container on a network. */
export interface Attached {
  readonly container: string
  readonly name: string
  readonly endpoint: string
}

export interface EngineNetwork {
  readonly id: string
  readonly name: string
  readonly driver: string
  readonly labels: Readonly<Record<string, string>>
  /** the running ones */
  readonly attached: readonly Attached[]
}

/** A managed plugin. */
export interface EnginePlugin {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  /** such as `docker.networkdriver/1.0` */
  readonly types: readonly string[]
  /** file name of its socket */
  readonly socket: string
}

/** What is asked of the Docker engine. */
export interface Engine {
  /**
   * @param name a network's name, id, or beginning of an id, as the engine finds them
   * @returns undefined where there is none
   */
  network(name: string): Promise<EngineNetwork | undefined>
  plugins(): Promise<readonly EnginePlugin[]>
  /** such as `28.5.2` */
  version(): Promise<string>
  /** Path of its socket; nothing where it is not on this machine. */
  socket(): string | undefined
}

/** ms */
const PATIENCE = 30_000

/** Nothing is looked for before the first call. */
export function connectEngine(globals: Globals, environment: Environment): Engine {
  const socket = (): string => engineSocket(globals, environment)
  const loaded = () => engineClient(socket(), PATIENCE)
  const say = (error: unknown): never => {
    throw new Error(explain(error as EngineError, socket(), hostSource(globals, environment)), {
      cause: error,
    })
  }
  return {
    socket: () => {
      try {
        return socket()
      } catch {
        return undefined
      }
    },
    async network(name) {
      const network = (await loaded()).getNetwork(encodeURIComponent(name))
      const found = await network
        .inspect()
        .catch((error: EngineError) => (error.statusCode === 404 ? undefined : say(error)))
      if (!found) return undefined
      const attached = Object.entries(found.Containers ?? {}).map(([container, { Name, EndpointID }]) => ({
        container,
        name: Name,
        endpoint: EndpointID,
      }))
      return { id: found.Id, name: found.Name, driver: found.Driver, labels: found.Labels ?? {}, attached }
    },
    version: async () => (await (await loaded()).version().catch(say)).Version,
    async plugins() {
      const plugins = await (await loaded()).listPlugins().catch(say)
      return plugins.map(({ Id = '', Name, Enabled, Config }) => ({
        id: Id,
        name: Name,
        enabled: Enabled,
        types: (Config.Interface.Types ?? []).map(String),
        socket: String(Config.Interface.Socket),
      }))
    },
  }
}

type EngineError = NodeJS.ErrnoException & {
  readonly statusCode?: number
  readonly json?: { readonly message?: string }
}

/** In the words of Docker's client, with what to do. @param source what named the socket */
function explain({ code, statusCode, json, message }: EngineError, path: string, source: string): string {
  if (statusCode !== undefined) return `Error response from daemon: ${json?.message ?? message}`
  if (code === 'EACCES')
    return `permission denied while trying to connect to the Docker daemon socket at unix://${path}: run as root, e.g. sudo docker sluice ls`
  const there = `Cannot connect to the Docker daemon at unix://${path}`
  if (code === 'ECONNREFUSED')
    return `${there}: nobody listens there. Is the docker daemon running? To start it: sudo systemctl start docker`
  if (code === 'ENOENT')
    return source
      ? `${there}: no socket is there. Is the docker daemon running, and is ${source} right?`
      : `${there}. Is the docker daemon running? To start it: sudo systemctl start docker${rootlessHint()}`
  return `cannot ask the Docker daemon at unix://${path}: ${message}`
}

/** An engine without root's rights has its socket among what is its user's. */
function rootlessHint(): string {
  const path = `/run/user/${process.env.SUDO_UID ?? process.getuid?.()}/docker.sock`
  return existsSync(path) ? `. For the rootless engine that is here: DOCKER_HOST=unix://${path}` : ''
}
