import type { Call } from '../call.ts'
import type { Client } from './client.ts'
import { connectEngine, type Engine, type EngineNetwork } from './engine.ts'
import { pluginOf } from './plugins.ts'
import { type EndpointView, type NetworkView, viewOf } from './view.ts'

/** What NETWORK or NETWORK/CONTAINER stands for. */
export interface Target {
  readonly client: Client
  readonly network: NetworkView
  readonly endpoint?: EndpointView
}

/**
 * @param text names, ids or beginnings of ids
 * @throws {Error} there is no such thing, or more than one
 */
export async function resolveTarget(
  text: string,
  { globals, environment }: Pick<Call, 'globals' | 'environment'>,
  { tree = false }: { readonly tree?: boolean } = {},
): Promise<Target> {
  const engine = connectEngine(globals, environment)
  const { known, container } = await findNetwork(text, engine)
  const client = await pluginOf(known, { engine, environment })
  const network = viewOf(await client.network(known.id, { tree }), { known })
  return { client, network, ...(container === undefined ? {} : { endpoint: pick(network, container) }) }
}

async function findNetwork(
  text: string,
  engine: Engine,
): Promise<{ known: EngineNetwork; container?: string }> {
  const slash = text.lastIndexOf('/')
  // A network's name may have a slash, a container's has none.
  const whole = text === '' ? undefined : await engine.network(text)
  if (whole) return { known: whole }
  const name = slash < 0 ? text : text.slice(0, slash)
  const known = slash <= 0 ? undefined : await engine.network(name)
  if (!known) throw new Error(`network ${name} not found`)
  return { known, container: text.slice(slash + 1) }
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
    throw new Error(`container ${container} is ambiguous: ${others.length + 1} of network ${name} begin so`)
  return found
}
