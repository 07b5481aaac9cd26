import { isDeepStrictEqual } from 'node:util'
import { planPort } from '../features/link/endpoint.ts'
import { planNetwork } from '../features/link/network.ts'
import { type Layout, mediumClasses, planMedium } from '../features/shaping/layout.ts'
import {
  ownDevices,
  planShape,
  planUplink,
  resolveLinks,
  resolveNetwork,
  resolveUplink,
} from '../features/shaping/resolve.ts'
import type { Abilities } from '../features/shaping/shape.ts'
import { classFaults, foreignRoots, isWholeMedium, layoutFaults } from '../features/shaping/verify.ts'
import { PROBE_DEVICE } from '../kernel/capabilities.ts'
import type { Host } from '../kernel/host.ts'
import { addAddress, deleteLink, setMac, setUp } from '../kernel/ip/device.ts'
import { type OwnLink, ownLinks } from '../kernel/ip/show.ts'
import { type Shown, shown } from '../kernel/tc/show.ts'
import { putClass } from '../kernel/tc/tree.ts'
import { type Found, repaired, unrepaired } from '../model/finding.ts'
import type { NetworkSpec } from '../model/network.ts'
import { mergePlans, type Plan, repairPlan, step } from '../plan/plan.ts'
import type { EndpointRow } from '../store/endpoints.ts'
import type { NetworkStore } from '../store/networks.ts'
import type { PoolStore } from '../store/pools.ts'
import { formatSubnet } from '../values/addresses.ts'
import { bridgeMac, hostEndName, mediumName, ownMediumName } from '../values/names.ts'

/** The host as it is, and what it should have. */
export interface View {
  /** links of ours, by name */
  readonly links: ReadonlyMap<string, OwnLink>
  readonly networks: readonly NetworkSpec[]
  /** networks whose medium should exist */
  readonly mediums: readonly NetworkSpec[]
  readonly endpoints: readonly EndpointRow[]
}

/**
 * Looks at the host. To avoid races with calls, an object counts as missing only if it was ready both before
 * and after the look, and as stray only if the store does not know it afterwards.
 */
export async function look(host: Host, store: NetworkStore): Promise<View> {
  const readyIds = (rows: readonly { spec: { id: string }; ready: boolean }[]) =>
    new Set(rows.flatMap(({ spec, ready }) => (ready ? [spec.id] : [])))
  const endpointsBefore = readyIds(store.endpoints())
  const networksBefore = readyIds(store.networks())
  const links = new Map(
    (await ownLinks(host)).flatMap((link) => (link.name === PROBE_DEVICE ? [] : [[link.name, link]])),
  )
  const networks = store.networks().filter(({ spec, ready }) => ready && networksBefore.has(spec.id))
  return {
    links,
    networks: networks.map(({ spec }) => spec),
    mediums: networks.flatMap(({ spec, medium }) => (medium ? [spec] : [])),
    endpoints: store.endpoints().filter(({ spec, ready }) => ready && endpointsBefore.has(spec.id)),
  }
}

/** Records mediums that members need but that a dead process did not get to record. */
export function claimMediums(store: NetworkStore, able: Abilities): void {
  for (const { spec, ready, medium } of store.networks()) {
    if (!ready || medium) continue
    const members = store.endpoints(spec.id).flatMap((row) => (row.ready ? [row.spec] : []))
    if (resolveLinks(spec, members, able).some(({ queuedOn }) => queuedOn === 'shared'))
      store.claimMedium(spec.id)
  }
}

/** Deletes our links that no stored network or endpoint explains. */
export async function dropStray(
  { links }: View,
  able: Abilities,
  host: Host,
  store: NetworkStore,
): Promise<Found[]> {
  const networks = store.networks()
  const known = new Set([
    ...networks.flatMap(({ spec, medium }) => [spec.bridge, ...(medium ? [mediumName(spec.id)] : [])]),
    ...store.endpoints().map(({ spec }) => hostEndName(spec.id)),
  ])
  const others = [...links.keys()].filter((name) => !known.has(name))
  if (others.length === 0) return []
  const own = new Set(
    networks.flatMap(({ spec }) => {
      const members = store.endpoints(spec.id).map((row) => row.spec)
      return [...resolveLinks(spec, members, able)].flatMap(ownDevices)
    }),
  )
  const stray = others.filter((name) => !own.has(name))
  if (stray.length > 0)
    await host.run(
      'ip',
      stray.map((name) => deleteLink(name).line),
      'force',
    )
  return stray.map((name) => repaired(`link ${name}`, `deleted stray link ${name}`))
}

/** Restores bridges that are missing or changed, reattaches links to their bridges and sets devices up. */
export async function repairLinks(view: View, host: Host): Promise<Found[]> {
  const { links, networks, mediums, endpoints } = view
  const bridges = networks.flatMap((spec): [Found, Plan][] => {
    const { id: network, bridge } = spec
    const plan = missingOf(spec, links.get(bridge))
    const fault = `bridge ${bridge} was deleted or changed: restored`
    return plan.length > 0 ? [[repaired(`bridge ${bridge}`, fault, { network }), plan]] : []
  })
  const members = endpoints.flatMap(({ spec }): [Found, Plan][] => {
    const link = links.get(hostEndName(spec.id))
    const network = networks.find(({ id }) => id === spec.networkId)
    if (!network || !link || (link.master === network.bridge && link.up)) return []
    const fault = `link ${link.name} was off its bridge: attached again`
    const about = { network: network.id, endpoint: spec.id }
    return [[repaired(`link ${link.name}`, fault, about), planPort(network, spec)]]
  })
  const names = [
    ...mediums.map(({ id }) => mediumName(id)),
    ...endpoints.map(({ spec }) => ownMediumName(spec.id)),
  ]
  const devices = names.flatMap((name): [Found, Plan][] =>
    links.get(name)?.up === false
      ? [[repaired(`device ${name}`, `device ${name} was down: set up`), [step(setUp(name))]]]
      : [],
  )
  const all = [...bridges, ...members, ...devices]
  if (all.length > 0) await repairPlan(mergePlans(all.map(([, plan]) => plan)), host)
  return all.map(([found]) => found)
}

/** The steps that restore a network's bridge; none if nothing is missing. */
function missingOf(spec: NetworkSpec, bridge: OwnLink | undefined): Plan {
  if (!bridge) return planNetwork(spec)
  const gateways = [...spec.ipv4, ...spec.ipv6].flatMap(({ gateway }) => (gateway ? [gateway] : []))
  const lost = gateways.filter((gateway) => !bridge.addresses.includes(gateway))
  return [
    ...(bridge.mac === bridgeMac(spec.id) ? [] : [step(setMac(spec.bridge, bridgeMac(spec.id)))]),
    ...lost.map((gateway) => step(addAddress(spec.bridge, gateway))),
    ...(bridge.up ? [] : [step(setUp(spec.bridge))]),
  ]
}

/** A shaped object: the layout that tc should show, and the plan that makes it. */
interface Shaped {
  /** such as `link sv-3f2a…` */
  readonly object: string
  readonly network: NetworkSpec
  /** absent if the object belongs to the network itself */
  readonly endpoint?: string
  readonly layout: Layout
  readonly plan: () => Plan
}

function shapedOf({ networks, endpoints, links }: View, able: Abilities): Shaped[] {
  const resolved = networks.map((network) =>
    resolveNetwork(
      network,
      endpoints.flatMap(({ spec }) => (spec.networkId === network.id ? [spec] : [])),
      able,
    ),
  )
  const uplinks = resolved.map(({ spec, uplink }) => ({
    object: `bridge ${spec.bridge}`,
    network: spec,
    layout: uplink.layout,
    plan: () => planUplink(uplink),
  }))
  const members = resolved
    .flatMap((one) => [...one.links.values()])
    .filter(({ endpoint }) => links.has(hostEndName(endpoint.id)))
    .map((link) => ({
      object: `link ${hostEndName(link.endpoint.id)}`,
      network: link.network,
      endpoint: link.endpoint.id,
      layout: link.layout,
      plan: () => planShape(link),
    }))
  return [...uplinks, ...members].filter(({ layout }) => layout.qdiscs.length > 0)
}

/** A network with its members, to compare whether anything has changed. */
const withMembers = (network: NetworkSpec | undefined, endpoints: readonly EndpointRow[]) => ({
  network,
  members: endpoints
    .flatMap(({ spec }) => (spec.networkId === network?.id ? [spec] : []))
    .toSorted((a, b) => a.slot - b.slot),
})

export interface RepairParts {
  readonly host: Host
  readonly store: NetworkStore
  /** Runs `work` while nothing else changes the network's shapes. */
  readonly alone: <T>(networkId: string, work: () => Promise<T>) => Promise<T>
}

/**
 * Restores shapes that are missing or changed. It reports a foreign root qdisc and leaves it alone. It leaves
 * a network that has changed since the look to the next run.
 */
export async function repairShapes(
  view: View,
  able: Abilities,
  { host, store, alone }: RepairParts,
): Promise<Found[]> {
  const shaped = shapedOf(view, able)
  if (shaped.length === 0 && view.mediums.length === 0) return []
  const see = () =>
    shown(
      host,
      view.mediums.map(({ id }) => mediumName(id)),
      shaped.flatMap(({ layout }) => layout.redirects.map(({ from }) => from)),
    )
  const all = await repairMediums(view, able, host, await see())
  const found = await see()
  for (const { object, network, endpoint, layout, plan } of shaped) {
    const about = { network: network.id, ...(endpoint === undefined ? {} : { endpoint }) }
    const foreign = foreignRoots(layout, found)
    const faults = layoutFaults(layout, found)
    all.push(...foreign.map((fault) => unrepaired(object, fault, about)))
    if (faults.length === 0 || foreign.length > 0) continue
    const isDone = await alone(network.id, async () => {
      const now = withMembers(store.network(network.id), store.endpoints(network.id))
      if (!isDeepStrictEqual(now, withMembers(network, view.endpoints))) return false
      await repairPlan(plan(), host)
      return true
    })
    if (isDone) all.push(repaired(object, `${faults.join('; ')}: restored`, about))
  }
  return all
}

/**
 * Rebuilds mediums that are missing or have lost a part of their tree: parts cannot be restored one by one.
 * The caller then finds their members' classes, filters and redirects missing.
 */
async function repairMediums(
  { mediums, links }: View,
  able: Abilities,
  host: Host,
  found: Shown,
): Promise<Found[]> {
  const uplinkOf = (network: NetworkSpec) => resolveUplink(network, able).up
  const classesOf = (network: NetworkSpec) => mediumClasses(network, uplinkOf(network))
  const names = new Map(mediums.map((network) => [mediumName(network.id), network]))
  const broken = [...names].filter(
    ([name, network]) => !links.has(name) || !isWholeMedium(name, classesOf(network), found),
  )
  const changed = mediums
    .filter(({ id }) => !broken.some(([name]) => name === mediumName(id)))
    .flatMap(classesOf)
    .map((spec) => ({ spec, faults: classFaults(spec, found.classes) }))
    .filter(({ faults }) => faults.length > 0)
  const present = broken.flatMap(([name]) => (links.has(name) ? [deleteLink(name).line] : []))
  if (present.length > 0) await host.run('ip', present, 'force')
  const plans = [
    ...broken.map(([, network]) => planMedium(network, uplinkOf(network))),
    changed.map(({ spec }) => step(putClass(spec))),
  ]
  await repairPlan(mergePlans(plans), host)
  return [
    ...broken.map(([name, { id: network }]) =>
      repaired(`IFB ${name}`, `rebuilt IFB ${name}: class tree incomplete`, { network }),
    ),
    ...changed.map(({ spec, faults }) => repaired(`IFB ${spec.device}`, `${faults.join('; ')}: restored`)),
  ]
}

/**
 * Releases addresses that the engine requested before a crash, and whose endpoint never came or is gone.
 *
 * @param before ms since 1970: the endpoints of addresses taken later may still come
 */
export function releaseOrphans(store: NetworkStore, pools: PoolStore, before: number): Found[] {
  const used = new Set(store.endpoints().flatMap(({ spec }) => [spec.address4, spec.address6]))
  const own = new Set(
    store.networks().flatMap(({ spec }) => [...spec.ipv4, ...spec.ipv6].map(({ subnet }) => subnet)),
  )
  const orphans = pools
    .pools()
    .filter(({ subnet }) => own.has(formatSubnet(subnet)))
    .flatMap(({ id }) => pools.addressesBefore(id, before).map((address) => ({ id, address })))
    .filter(({ address }) => !used.has(address))
  for (const { id, address } of orphans) pools.releaseAddress(id, address)
  return orphans.map(({ address }) =>
    repaired(`address ${address}`, `address ${address} belongs to no endpoint: released`),
  )
}
