import { join } from 'node:path'
import { messageOf } from '../../../lib/errors.ts'
import type { Environment } from '../call.ts'
import { type Client, connectPlugin } from './client.ts'
import type { Engine, EnginePlugin } from './engine.ts'

/** Where an engine looks for plugins: a socket in it is a plain process, a folder a managed plugin. */
const FOLDER = '/run/docker/plugins'
/** ms. Who listens there may be any plugin, and need not know the question. */
const PATIENCE = 2000

interface Places {
  readonly engine: Engine
  /** SLUICE_SOCKET stands over all that is found. */
  readonly environment: Environment
  readonly folder?: string
}

const isNetworkDriver = ({ types }: EnginePlugin): boolean =>
  types.some((type) => type.startsWith('docker.networkdriver/'))
const plainSocket = (folder: string): string => join(folder, 'sluice.sock')
const managedSocket = (folder: string, { id, socket }: EnginePlugin): string => join(folder, id, socket)

/**
 * Every instance of Sluice on the engine's machine that answers.
 *
 * @throws {Error} none does, with the reason that most helps
 */
export async function findPlugins({
  engine,
  environment,
  folder = FOLDER,
}: Places): Promise<readonly Client[]> {
  if (environment.SLUICE_SOCKET) return [connectPlugin(environment.SLUICE_SOCKET)]
  const failures: unknown[] = []
  const failed = (error: unknown): [] => {
    failures.push(error)
    return []
  }
  const managed = await engine.plugins().catch(failed)
  const engineFailed = failures.length > 0
  const sockets = [
    ...managed.filter((one) => one.enabled && isNetworkDriver(one)).map((one) => managedSocket(folder, one)),
    plainSocket(folder),
  ]
  const found = await Promise.all(
    sockets.map((socket) =>
      connectPlugin(socket, PATIENCE)
        .health()
        .then(
          ({ status }) => (status === 'ok' || status === 'degraded' ? [connectPlugin(socket)] : []),
          failed,
        ),
    ),
  )
  const clients = found.flat()
  if (clients.length > 0) return clients
  const telling = failures.find((error) => engineFailed || messageOf(error).startsWith('permission denied'))
  throw (
    telling ??
    new Error(
      `cannot find Sluice: no enabled plugin of this engine (docker plugin ls) and nothing at ${plainSocket(folder)} answers`,
    )
  )
}

/**
 * The instance that a network belongs to.
 *
 * @throws {Error} it is none of Sluice's, or the plugin is disabled
 */
export async function pluginOf(
  { name, driver }: { readonly name: string; readonly driver: string },
  { engine, environment, folder = FOLDER }: Places,
): Promise<Client> {
  if (environment.SLUICE_SOCKET) return connectPlugin(environment.SLUICE_SOCKET)
  // The engine, too, takes a name without a tag for a managed plugin first.
  const plugin = (await engine.plugins()).find(
    (one) => [driver, `${driver}:latest`].includes(one.name) && isNetworkDriver(one),
  )
  if (!plugin && driver === 'sluice') return connectPlugin(plainSocket(folder))
  if (!plugin) throw new Error(`network ${name} is of the driver "${driver}": expected one of Sluice's`)
  if (!plugin.enabled) throw new Error(`cannot reach Sluice: docker plugin enable ${driver}`)
  return connectPlugin(managedSocket(folder, plugin))
}
