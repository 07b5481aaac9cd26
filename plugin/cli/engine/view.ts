import type { Direction, Endpoint, Network } from '../../control/types.ts'
import type { Client } from './client.ts'
import type { Engine, EngineNetwork } from './engine.ts'

/** A direction, and what went through it between two readings. */
export interface DirectionView extends Direction {
  /** bit/s */
  readonly measured?: number
}

interface Directions {
  readonly up: DirectionView
  readonly down: DirectionView
}

/** An endpoint under its container's name, or, while the engine names none, the beginning of its id. */
export interface EndpointView extends Omit<Endpoint, 'up' | 'down'>, Directions {
  readonly name: string
  readonly container?: string
}

/** A network under its name, with its endpoints in the order of their names. */
export interface NetworkView extends Omit<Network, 'endpoints' | 'uplink'> {
  readonly name: string
  readonly driver?: string
  readonly uplink?: Partial<Directions>
  readonly endpoints: readonly EndpointView[]
}

const shortId = (id: string): string => id.slice(0, 12)
const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)

interface Beside {
  readonly known?: EngineNetwork | undefined
  /** an earlier reading, to tell rates from */
  readonly before?: Network | undefined
}

/** Pure. */
export function viewOf(network: Network, { known, before }: Beside): NetworkView {
  const { id, uplink, endpoints, ...rest } = network
  return {
    name: known?.name ?? shortId(id),
    ...(known ? { driver: known.driver } : {}),
    id,
    ...rest,
    ...(uplink
      ? {
          uplink: {
            ...(uplink.up ? { up: measured(uplink.up, before?.uplink?.up) } : {}),
            ...(uplink.down ? { down: measured(uplink.down, before?.uplink?.down) } : {}),
          },
        }
      : {}),
    endpoints: endpoints
      .map((endpoint) => {
        const attached = known?.attached.find((one) => one.endpoint === endpoint.id)
        const earlier = before?.endpoints.find((one) => one.id === endpoint.id)
        return {
          name: attached?.name ?? shortId(endpoint.id),
          ...(attached ? { container: attached.container } : {}),
          ...endpoint,
          up: measured(endpoint.up, earlier?.up),
          down: measured(endpoint.down, earlier?.down),
        }
      })
      .toSorted(byName),
  }
}

/** A counter that went back, as that of a link made anew does, tells no rate. */
function measured(after: Direction, before: Direction | undefined): DirectionView {
  if (!before || after.at <= before.at || after.bytes < before.bytes) return after
  return { ...after, measured: Math.round(((after.bytes - before.bytes) * 8000) / (after.at - before.at)) }
}

/** All networks of several plugins. */
export const readNetworks = async (clients: readonly Client[]): Promise<readonly Network[]> =>
  (await Promise.all(clients.map((client) => client.networks()))).flat()

/** Networks under the names that the engine has for them, in the order of these. */
export async function nameNetworks(
  networks: readonly Network[],
  engine: Engine,
  before: readonly Network[] = [],
): Promise<readonly NetworkView[]> {
  const views = networks.map(async (network) =>
    viewOf(network, {
      known: await engine.network(network.id),
      before: before.find(({ id }) => id === network.id),
    }),
  )
  return (await Promise.all(views)).toSorted(byName)
}
