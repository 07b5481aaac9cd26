import { nearest } from '../../options/hints/nearest.ts'
import type { Call } from '../call.ts'
import type { Client } from './client.ts'
import { type Attached, connectEngine, type EngineNetwork } from './engine.ts'
import { findPlugins, type Places, pluginOf } from './plugins.ts'
import { type EndpointView, type NetworkView, nameNetworks, viewOf } from './view.ts'

/** What NETWORK or NETWORK/CONTAINER stands for. */
export interface Target {
  readonly client: Client
  readonly network: NetworkView
  readonly endpoint?: EndpointView
}

type Connection = Pick<Call, 'globals' | 'environment'>

interface Wanted {
  readonly tree?: boolean
}

/** The same, for who need not know what the plugin has of it. */
export interface Place {
  readonly client: Client
  readonly network: Pick<NetworkView, 'id'>
  readonly endpoint?: Pick<EndpointView, 'id' | 'name'>
}

/** hex digits, as `docker ps` shows them: no two containers of a machine begin with the same */
const SHORT_ID = /^[\da-f]{12,}$/

/**
 * Asks the engine alone where that is enough: the plugin starts programs to show a network.
 *
 * @param text names, ids or beginnings of ids
 * @throws {Error} there is no such thing, or more than one
 */
export async function locateTarget(text: string, { globals, environment }: Connection): Promise<Place> {
  const engine = connectEngine(globals, environment)
  const slash = text.lastIndexOf('/')
  // A network's name may have a slash, a container's has none.
  const whole = text === '' ? undefined : await engine.network(text)
  if (whole) return { client: await pluginOf(whole, { engine, environment }), network: whole }
  const known = slash > 0 ? await engine.network(text.slice(0, slash)) : undefined
  const [found, ...others] = known ? attachedAs(known, text.slice(slash + 1)) : []
  if (!known || !found || others.length > 0) return resolveTarget(text, { globals, environment })
  const client = await pluginOf(known, { engine, environment })
  return { client, network: known, endpoint: { id: found.endpoint, name: found.name } }
}

/** Containers that a name, an id or the short form of one means. */
const attachedAs = ({ attached }: EngineNetwork, container: string): readonly Attached[] =>
  attached.filter(
    (one) =>
      [one.name, one.container, one.endpoint].includes(container) ||
      (SHORT_ID.test(container) && one.container.startsWith(container)),
  )

/**
 * @param text names, ids or beginnings of ids
 * @throws {Error} there is no such thing, or more than one
 */
export async function resolveTarget(text: string, call: Connection, wanted: Wanted = {}): Promise<Target> {
  const engine = connectEngine(call.globals, call.environment)
  const slash = text.lastIndexOf('/')
  // A network's name may have a slash, a container's has none.
  const whole = text === '' ? undefined : await engine.network(text)
  if (whole || slash <= 0) return resolveNetwork(text, call, wanted, whole)
  const { client, network } = await resolveNetwork(text.slice(0, slash), call, wanted)
  return { client, network, endpoint: pick(network, text.slice(slash + 1)) }
}

/**
 * @param found what the engine has under that name, where it was asked already
 * @throws {Error} there is no such network, or more than one, or it is none of Sluice's
 */
export async function resolveNetwork(
  name: string,
  { globals, environment }: Connection,
  { tree = false }: Wanted = {},
  found?: EngineNetwork,
): Promise<Target> {
  const engine = connectEngine(globals, environment)
  const known = found ?? (name === '' ? undefined : await engine.network(name))
  if (!known) return resolveOrphan(name, { engine, environment }, tree)
  const client = await pluginOf(known, { engine, environment })
  return { client, network: viewOf(await client.network(known.id, { tree }), known) }
}

/** A network that the engine does not know, by its id as `ls` shows it. */
async function resolveOrphan(text: string, { engine, environment }: Places, tree: boolean): Promise<Target> {
  const names: string[] = []
  const clients = await findPlugins({ engine, environment }).catch(() => [])
  for (const client of clients) {
    const networks = await client.networks()
    const begun = networks.filter(({ id }) => /^[\da-f]{4,}$/.test(text) && id.startsWith(text))
    const [one] = begun
    if (begun.length > 1) throw new Error(`network ${text} is ambiguous: ${begun.length} networks match`)
    if (one) return { client, network: viewOf(await client.network(one.id, { tree }), undefined) }
    names.push(...(await nameNetworks(networks, engine)).map(({ name }) => name))
  }
  const near = nearest(text, names)
  const hint = near === undefined ? 'docker sluice ls shows those that are' : `did you mean "${near}"?`
  throw new Error(`no network of Sluice's is called "${text}"; ${hint}`)
}

/** The endpoint that a container's name, its id, or the id of the endpoint means. Pure. */
export function pick({ name, endpoints }: NetworkView, container: string): EndpointView {
  const exact = endpoints.filter((one) => [one.name, one.container, one.id].includes(container))
  const begun = endpoints.filter(
    (one) => container !== '' && [one.container, one.id].some((id) => id?.startsWith(container)),
  )
  const [found, ...others] = exact.length > 0 ? exact : begun
  if (!found) throw new Error(`container ${container} is not connected to network ${name}`)
  if (others.length > 0)
    throw new Error(
      `container ${container} is ambiguous: ${others.length + 1} containers on network ${name} match`,
    )
  return found
}
