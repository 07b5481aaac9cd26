import { join } from 'node:path'
import { messageOf } from '../../../lib/values/errors.ts'
import type { Environment } from '../call.ts'
import { type Client, connectPlugin } from './client.ts'
import type { Engine, EnginePlugin } from './engine.ts'
import { locate } from './folders.ts'

/** Where an engine looks for plugins: a socket in it is a plain process, a folder a managed plugin. */
const FOLDER = '/run/docker/plugins'
/** ms. Who listens there may be any plugin, and need not know the question. */
const PATIENCE = 2000

export interface Places {
  readonly engine: Engine
  /** SLUICE_SOCKET stands over all that is found. */
  readonly environment: Environment
  readonly folder?: string
}

/** Something that may be Sluice. */
interface Instance {
  /** such as `the plugin sluice:latest` */
  readonly name: string
  /** as the engine has it */
  readonly path: string
  /** the path has the plugin's id in it */
  readonly isUnique: boolean
  /** what to do when it does not answer */
  readonly remedy: string
}

const isNetworkDriver = ({ types }: EnginePlugin): boolean =>
  types.some((type) => type.startsWith('docker.networkdriver/'))
const isNamedSluice = ({ name }: EnginePlugin): boolean => /^(.+\/)?sluice(:.+)?$/.test(name)

const service = (folder: string): Instance => ({
  name: 'the service sluice',
  path: join(folder, 'sluice.sock'),
  isUnique: false,
  remedy: 'systemctl restart sluice',
})
const managed = (folder: string, { id, name, socket }: EnginePlugin): Instance => ({
  name: `the plugin ${name}`,
  path: join(folder, id, socket),
  isUnique: true,
  remedy: `docker plugin disable -f ${name} && docker plugin enable ${name}`,
})

const disabled = ({ name }: EnginePlugin): Error =>
  new Error(`cannot reach Sluice: the plugin ${name} is disabled: docker plugin enable ${name}`)
const absent = ({ name, path, remedy }: Instance): Error =>
  new Error(
    process.getuid?.() === 0
      ? `cannot reach Sluice: ${name} has no socket at ${path}, here or where the engine looks. Run docker sluice on the engine's machine, or try: ${remedy}`
      : `cannot reach Sluice: no socket of ${name} is to be seen at ${path}: run as root, e.g. sudo docker sluice ls`,
  )

/** @returns nothing where it has no socket that can be reached from here */
async function connect(instance: Instance, engine: Engine, patience?: number): Promise<Client | undefined> {
  const found = await locate(instance.path, engine.socket(), instance.isUnique)
  return found === undefined ? undefined : connectPlugin(found, { ...instance, patience })
}

/** What came of asking one that may be Sluice. */
interface Asked {
  readonly client?: Client
  readonly error?: unknown
}

async function ask(instance: Instance, engine: Engine): Promise<Asked> {
  try {
    const status = (await (await connect(instance, engine, PATIENCE))?.health())?.status
    const client = await connect(instance, engine)
    return client && (status === 'ok' || status === 'degraded') ? { client } : {}
  } catch (error) {
    return { error }
  }
}

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
  const listed = await engine.plugins().then(
    (plugins) => ({ plugins: plugins.filter(isNetworkDriver) }),
    (error: unknown) => ({ plugins: [], error }),
  )
  const enabled = listed.plugins.filter((one) => one.enabled)
  const asked = await Promise.all([
    ask(service(folder), engine),
    ...enabled.map((one) => ask(managed(folder, one), engine)),
  ])
  const clients = asked.flatMap(({ client }) => client ?? [])
  if (clients.length > 0) return clients
  // What another plugin answers, or fails to, says nothing of ours.
  const [ofService, ...ofPlugins] = asked
  const ours = enabled.findIndex(isNamedSluice)
  const off = listed.plugins.find((one) => !one.enabled && isNamedSluice(one))
  throw (
    ('error' in listed ? listed.error : undefined) ??
    asked.map(({ error }) => error).find((error) => messageOf(error).startsWith('permission denied')) ??
    ofPlugins[ours]?.error ??
    ofService?.error ??
    (ours >= 0 ? absent(managed(folder, enabled[ours] as EnginePlugin)) : undefined) ??
    (off && disabled(off)) ??
    new Error(
      `cannot find Sluice: the engine at unix://${engine.socket()} has no plugin of it (docker plugin ls), and no service listens at ${service(folder).path}. To install it there: sudo ./build.sh install`,
    )
  )
}

/**
 * The instance that a network belongs to.
 *
 * @throws {Error} it is none of Sluice's, the plugin is disabled, or its socket is not to be seen
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
  if (!plugin && !['sluice', 'sluice:latest'].includes(driver))
    throw new Error(`no network of Sluice's is called "${name}": it is of the driver "${driver}"`)
  if (plugin && !plugin.enabled) throw disabled(plugin)
  const instance = plugin ? managed(folder, plugin) : service(folder)
  const client = await connect(instance, engine)
  if (!client) throw absent(instance)
  return client
}
