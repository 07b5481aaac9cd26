import type { Networks } from '../../lib/engine/networks.ts'
import { missingModules } from '../../lib/features/shaping/abilities.ts'
import { memberShares } from '../../lib/features/shaping/endpoint.ts'
import type { Capabilities } from '../../lib/kernel/capabilities.ts'
import type { Host } from '../../lib/kernel/host.ts'
import { showTree } from '../../lib/kernel/tc/counters.ts'
import { type Tools, unfitTools } from '../../lib/kernel/tools.ts'
import type { NetworkSpec } from '../../lib/model/network.ts'
import type { NameStore } from '../../lib/store/names.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import type { PoolStore } from '../../lib/store/pools.ts'
import { difference } from '../change-log.ts'
import type { Follower } from '../follower/follower.ts'
import type { Overrides } from '../follower/overrides.ts'
import { changeGiven } from '../options/change.ts'
import { checkNetworkShape, parseNetworkOptions } from '../options/parse.ts'
import { PROFILES } from '../options/profiles.ts'
import { explain } from './explain/explain.ts'
import { findEndpoint, findNetwork } from './find.ts'
import { createNaming } from './naming.ts'
import { openapi } from './openapi.ts'
import { pruneNetwork } from './prune.ts'
import { createLook } from './reading/look.ts'
import type { Route } from './route.ts'
import type { Change, ExplainRequest, Options } from './types.ts'
import { devicesOf, endpointView } from './views.ts'

/** What the keeper knows of the host's health. */
export interface Condition {
  readonly repairs: number
  readonly faults: readonly string[]
}

export interface ControlParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly networks: Networks
  readonly names: NameStore
  readonly overrides: Overrides
  readonly follower: Pick<Follower, 'state' | 'nameOf'>
  readonly pools: PoolStore
  readonly capabilities: () => Promise<Capabilities>
  readonly tools: () => Promise<Tools>
  readonly condition: () => Condition
  readonly version: string
}

/** The control interface: everything that Docker has no words for. Errors are thrown; server.ts answers them. */
export function controlRoutes(parts: ControlParts): Route[] {
  const { host, networks, store, overrides, follower, version } = parts
  const naming = createNaming(parts)
  const { members, look, view, listing } = createLook({ ...parts, naming })
  const find = (text: string): NetworkSpec => findNetwork(text, parts)

  const viewNetwork = async (spec: NetworkSpec) => view(spec, await look([spec]))

  const routes: Route[] = [
    {
      method: 'GET',
      path: '/v1/networks',
      summary: 'All networks with their attachments and counters',
      answer: 'Networks',
      handle: listing,
    },
    {
      method: 'GET',
      path: '/v1/networks/{id}',
      summary: 'One network, compared with what is on the host',
      query: { tree: { enum: ['0', '1'], description: '1 to add what tc prints of every device' } },
      answer: 'Network',
      handle: async ({ params: { id = '' }, query }) => {
        const spec = find(id)
        const shown = await viewNetwork(spec)
        if (query.tree !== '1') return shown
        const devices = devicesOf(spec, members(spec.id))
        const tree = await Promise.all(
          devices.map(async (device) => ({ device, text: await showTree(host, device) })),
        )
        return { ...shown, tree: tree.filter(({ text }) => text.length > 0) }
      },
    },
    {
      method: 'DELETE',
      path: '/v1/networks/{id}',
      summary:
        'Removes a network that the engine does not know; refused while the engine knows it or a container is on it',
      answer: 'Pruned',
      handle: async ({ params: { id = '' }, note }) => {
        const pruned = await pruneNetwork(find(id).id, parts)
        const { bridge, endpoints } = pruned
        note('pruned network', { network: pruned.id, bridge, endpoints })
        return pruned
      },
    },
    {
      method: 'PATCH',
      path: '/v1/networks/{id}/options',
      summary: 'Changes a network under traffic; the change outlives restarts',
      body: 'Change',
      answer: 'Network',
      handle: async ({ params, body, note }) => {
        const { options: change } = body as { options: Change }
        const { id } = find(params.id ?? '')
        let before: Options = {}
        let after: Options = {}
        await networks.changeNetwork(id, (network) => {
          before = network.given ?? {}
          const { shape } = parseNetworkOptions(changeGiven(before, change, 'network'))
          checkNetworkShape(shape, network.mtu)
          after = shape.given
          return shape
        })
        const changed = difference(before, after)
        if (changed) note('changed network', { network: id, ...changed })
        return viewNetwork(networks.network(id))
      },
    },
    {
      method: 'PATCH',
      path: '/v1/networks/{id}/endpoints/{endpoint}/options',
      summary:
        "Changes an attachment under traffic; the change is kept for the container's name, where that is known",
      body: 'Change',
      answer: 'Endpoint',
      handle: async ({ params, body, note }) => {
        const { options: change } = body as { options: Change }
        const network = find(params.id ?? '')
        const { id: endpoint } = findEndpoint(params.endpoint ?? '', network, members(network.id))
        const name = await follower.nameOf(endpoint, network.id)
        const { keptBy, before, after } = await overrides.change(endpoint, change, name)
        const changed = difference(before, after)
        if (changed) note('changed endpoint', { network: network.id, endpoint, ...changed })
        const all = members(network.id)
        const spec = all.find((one) => one.id === endpoint)
        const share = memberShares(network, all).get(endpoint)
        const shown = spec && endpointView(network, spec, share, await look([network]))
        return shown && { ...naming.endpoint(shown), keptBy }
      },
    },
    {
      method: 'GET',
      path: '/v1/profiles',
      summary: 'The link profiles, with the source of their numbers',
      answer: 'Profiles',
      handle: () => ({
        profiles: Object.entries(PROFILES).map(([name, profile]) => ({ name, ...profile })),
      }),
    },
    {
      method: 'GET',
      path: '/v1/health',
      summary: 'How the plugin is, and what this kernel can do',
      answer: 'Health',
      handle: async () => {
        const [found, tools] = await Promise.all([parts.capabilities(), parts.tools()])
        const { repairs, faults: lasting } = parts.condition()
        const faults = [...unfitTools(tools), ...lasting]
        return {
          status: faults.length === 0 ? 'ok' : 'degraded',
          version,
          engine: follower.state(),
          uptime: Math.round(process.uptime()),
          networks: store.networks().length,
          endpoints: store.endpoints().length,
          repairs,
          faults,
          tools,
          capabilities: { ...found, missing: missingModules(found) },
        }
      },
    },
    {
      method: 'POST',
      path: '/v1/explain',
      summary: 'What a network would make of the host; nothing is touched',
      body: 'ExplainRequest',
      answer: 'Explained',
      handle: async ({ body }) => explain(body as ExplainRequest, parts),
    },
    {
      method: 'GET',
      path: '/v1/openapi.json',
      summary: 'This description',
      handle: () => openapi(routes, version),
    },
  ]
  return routes
}
