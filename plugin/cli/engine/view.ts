import type { Endpoint, Network } from '../../control/schema/components.ts'
import type { Client } from './client.ts'
import type { Engine, EngineNetwork } from './engine.ts'

/** An endpoint under its container's name, or, while the engine names none, the beginning of its id. */
export interface EndpointView extends Endpoint {
  readonly name: string
  readonly container?: string
}

/** A network under its name, with its endpoints in the order of their names. */
export interface NetworkView extends Omit<Network, 'endpoints'> {
  readonly name: string
  readonly driver?: string
  /** the engine does not know it */
  readonly orphan?: true
  /** the engine's */
  readonly labels?: Readonly<Record<string, string>>
  readonly endpoints: readonly EndpointView[]
}

const shortId = (id: string): string => id.slice(0, 12)
const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)

/** @param known what the engine has of it; absent where it has nothing. Pure. */
export function viewOf(network: Network, known: EngineNetwork | undefined): NetworkView {
  const { id, endpoints, name, ...rest } = network
  const attached = new Map(known?.attached.map((one) => [one.endpoint, one]))
  return {
    name: known?.name ?? name ?? shortId(id),
    ...(known ? { driver: known.driver, labels: known.labels } : { orphan: true }),
    id,
    ...rest,
    endpoints: endpoints
      .map((endpoint) => {
        const container = attached.get(endpoint.id)
        return {
          ...endpoint,
          name: container?.name ?? endpoint.name ?? shortId(endpoint.id),
          ...(container ? { container: container.container } : {}),
        }
      })
      .toSorted(byName),
  }
}

/** All networks of several plugins. */
export const readNetworks = async (clients: readonly Client[]): Promise<readonly Network[]> =>
  (await Promise.all(clients.map((client) => client.networks()))).flat()

/** Networks under the names that the engine has for them, in the order of these. */
export async function nameNetworks(
  networks: readonly Network[],
  engine: Engine,
): Promise<readonly NetworkView[]> {
  const views = networks.map(async (network) => viewOf(network, await engine.network(network.id)))
  return (await Promise.all(views)).toSorted(byName)
}
