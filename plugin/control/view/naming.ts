import type { NameStore } from '../../../lib/store/names.ts'
import type { Follower } from '../../follower/follower.ts'
import type { Overrides } from '../../follower/overrides.ts'
import type { Endpoint, Network } from '../schema/components.ts'

export interface NamingParts {
  readonly names: NameStore
  readonly overrides: Pick<Overrides, 'of'>
  readonly follower: Pick<Follower, 'state'>
}

type OfNetwork = Pick<Network, 'name' | 'known'>
type OfEndpoint = Pick<Endpoint, 'name' | 'container' | 'image' | 'labels' | 'kept'>

/** Adds to a view the engine's names for things, where known, and the changes kept by those names. */
export interface Naming {
  network<T extends Pick<Network, 'id'>>(view: T): T & OfNetwork
  endpoint<T extends Pick<Endpoint, 'id' | 'network'>>(view: T): T & OfEndpoint
}

export function createNaming({ names, overrides, follower }: NamingParts): Naming {
  return {
    endpoint: (view) => {
      const kept = overrides.of({ id: view.id, networkId: view.network })
      return { ...view, ...names.endpoint(view.id), ...(Object.keys(kept).length > 0 ? { kept } : {}) }
    },
    network: (view) => {
      const { name, known } = names.network(view.id) ?? {}
      return {
        ...view,
        ...(name === undefined ? {} : { name }),
        // An outdated list does not prove that a network is gone.
        ...(known === undefined || follower.state() !== 'followed' ? {} : { known }),
      }
    },
  }
}
