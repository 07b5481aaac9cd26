import { formatSubnet } from './addresses.ts'
import { messageOf } from './errors.ts'
import type { Firewall } from './firewall.ts'
import type { Host } from './kernel/host.ts'
import { addAddress, attach, deleteLink, setUp } from './kernel/ip.ts'
import { classRates, type OwnLink, ownLinks, qdiscs } from './kernel/observe.ts'
import { hostEndName, mediumName } from './names.ts'
import type { Networks } from './networks.ts'
import { expectedShape, planEndpoint } from './plan/endpoint.ts'
import { type NetworkSpec, planNetwork } from './plan/network.ts'
import { mergePlans, type Plan, repairPlan, step } from './plan/plan.ts'
import { planMedium } from './plan/shaping.ts'
import { shapeFaults } from './plan/verify.ts'
import type { EndpointRow, NetworkStore } from './store/networks.ts'
import type { PoolStore } from './store/pools.ts'

/** ms that an endpoint or an address may be without what makes it used, before it counts as abandoned */
const ABANDONED = 60_000

/** What was found wrong and set right, in words for the log. */
export type Repair = string

export interface Keeper {
  /** Before the first call is answered: also ends what the last process was in the middle of. */
  recover(): Promise<Repair[]>
  /** While calls come in: whatever one of them is at work on is left alone. */
  reconcile(): Promise<Repair[]>
}

export interface KeeperParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly pools: PoolStore
  readonly networks: Networks
  readonly firewall: Firewall
}

/** The host as it is, beside what should be there. */
interface View {
  readonly links: ReadonlyMap<string, OwnLink>
  readonly networks: readonly NetworkSpec[]
  readonly endpoints: readonly EndpointRow[]
}

export function createKeeper({ host, store, pools, networks, firewall }: KeeperParts): Keeper {
  /**
   * What is missing counts only if it was ready both before and after the host was looked at, and what is too many only if the
   * store does not know it afterwards: a call in between is then never taken for a fault.
   */
  const look = async (): Promise<View> => {
    const before = new Set(store.endpoints().flatMap(({ spec, ready }) => (ready ? [spec.id] : [])))
    const networksBefore = new Set(store.networks().flatMap(({ spec, ready }) => (ready ? [spec.id] : [])))
    const links = new Map((await ownLinks(host)).map((link) => [link.name, link]))
    return {
      links,
      networks: store
        .networks()
        .flatMap(({ spec, ready }) => (ready && networksBefore.has(spec.id) ? [spec] : [])),
      endpoints: store.endpoints().filter(({ spec, ready }) => ready && before.has(spec.id)),
    }
  }

  /** What a process that died had begun is taken back: the engine was told that it failed, or was told nothing. */
  const endUnfinished = async (): Promise<Repair[]> => {
    const repairs: Repair[] = []
    for (const { spec, ready } of store.endpoints()) {
      if (ready) continue
      await networks.removeEndpoint(spec.id)
      repairs.push(`endpoint ${spec.id} was half made: taken back`)
    }
    for (const { spec, ready } of store.networks()) {
      if (ready) continue
      await networks.removeNetwork(spec.id)
      repairs.push(`network ${spec.id} was half made or half removed: removed`)
    }
    return repairs
  }

  /** A container that is gone takes its end of the link along, and the kernel the other; and nobody may ever tell us. */
  const dropDead = async ({ endpoints, links }: View): Promise<Repair[]> => {
    const repairs: Repair[] = []
    for (const { spec, joined, made } of endpoints) {
      const gone = !links.has(hostEndName(spec.id))
      if (!gone && (joined || Date.now() - made < ABANDONED)) continue
      await networks.removeEndpoint(spec.id)
      repairs.push(`endpoint ${spec.id} ${gone ? 'has no link any more' : 'was never joined'}: forgotten`)
    }
    return repairs
  }

  const dropStray = async ({ links }: View): Promise<Repair[]> => {
    const known = new Set([
      ...store.networks().flatMap(({ spec }) => [spec.bridge, mediumName(spec.id)]),
      ...store.endpoints().map(({ spec }) => hostEndName(spec.id)),
    ])
    // A peer is in a container or goes with its host end: never deleted on its own.
    const stray = [...links.keys()].filter((name) => !known.has(name))
    await host.run(
      'ip',
      stray.map((name) => deleteLink(name).line),
      'force',
    )
    return stray.map((name) => `link ${name} belongs to nothing: deleted`)
  }

  const repairLinks = async ({ links, networks: wanted, endpoints }: View): Promise<Repair[]> => {
    const plans = wanted.flatMap((spec): [Repair, Plan][] => {
      const plan = missingOf(spec, links.get(spec.bridge))
      return plan.length > 0 ? [[`bridge ${spec.bridge} was not as it should be: repaired`, plan]] : []
    })
    const members = endpoints.flatMap(({ spec }): [Repair, Plan][] => {
      const link = links.get(hostEndName(spec.id))
      const network = wanted.find(({ id }) => id === spec.networkId)
      if (!network || !link || (link.master === network.bridge && link.up)) return []
      return [
        [
          `link ${link.name} was off its bridge: repaired`,
          [step(attach(link.name, network.bridge)), step(setUp(link.name))],
        ],
      ]
    })
    const all = [...plans, ...members]
    if (all.length > 0) await repairPlan(mergePlans(all.map(([, plan]) => plan)), host)
    return all.map(([repair]) => repair)
  }

  const repairShapes = async (view: View): Promise<Repair[]> => {
    const alive = view.endpoints.filter(
      ({ spec }) => view.links.has(hostEndName(spec.id)) && store.endpoint(spec.id),
    )
    const limited = alive.flatMap(({ spec }) => {
      const network = view.networks.find(({ id }) => id === spec.networkId)
      return network ? [{ network, spec, expected: expectedShape(network, spec) }] : []
    })
    const mediums = [...new Set(limited.filter(({ expected }) => expected.up).map(({ network }) => network))]
    const lost = mediums.filter(({ id }) => !view.links.has(mediumName(id)))
    if (lost.length > 0) await repairPlan(mergePlans(lost.map(planMedium)), host)
    if (limited.every(({ expected }) => !expected.up && !expected.down)) return []
    const found = await qdiscs(host)
    const trees = new Map(
      await Promise.all(
        mediums.map(
          async ({ id }) =>
            [mediumName(id), await classRates(host, [`class show dev ${mediumName(id)}`])] as const,
        ),
      ),
    )
    const repairs: Repair[] = []
    for (const { network, spec, expected } of limited) {
      const classes = trees.get(mediumName(network.id)) ?? new Map<string, number>()
      const faults = shapeFaults(expected, found, classes)
      if (faults.length === 0) continue
      await repairPlan(planEndpoint(network, spec), host)
      repairs.push(`${faults.join('; ')}: set again`)
    }
    return repairs
  }

  /** Addresses that were asked for just before a crash, and whose endpoint never came. */
  const releaseOrphans = (): Repair[] => {
    const used = new Set(store.endpoints().flatMap(({ spec }) => [spec.address4, spec.address6]))
    const own = new Set(
      store.networks().flatMap(({ spec }) => [...spec.ipv4, ...spec.ipv6].map(({ subnet }) => subnet)),
    )
    return pools
      .pools()
      .filter(({ subnet }) => own.has(formatSubnet(subnet)))
      .flatMap(({ id }) =>
        pools
          .addressesBefore(id, Date.now() - ABANDONED)
          .filter((address) => !used.has(address))
          .map((address) => {
            pools.releaseAddress(id, address)
            return `address ${address} belongs to no endpoint: released`
          }),
      )
  }

  const repairRules = async (): Promise<Repair[]> =>
    (await firewall.repair()) ? ['rules were not as they should be: set again'] : []

  const pass = async (steps: ((view: View) => Promise<Repair[]>)[]): Promise<Repair[]> => {
    const view = await look()
    const repairs: Repair[] = []
    // One thing that cannot be repaired must not keep the rest from it, nor the plugin from starting.
    for (const repair of steps)
      repairs.push(...(await repair(view).catch((error: unknown) => [`cannot repair: ${messageOf(error)}`])))
    return repairs
  }

  return {
    recover: async () => [
      ...(await endUnfinished()),
      ...(await pass([dropDead, dropStray, repairLinks, repairShapes, repairRules])),
      ...releaseOrphans(),
    ],
    reconcile: () => pass([dropDead, dropStray, repairLinks, repairShapes, repairRules]),
  }
}

/** What of a network's bridge is missing on the host. */
function missingOf(spec: NetworkSpec, bridge: OwnLink | undefined): Plan {
  if (!bridge) return planNetwork(spec)
  const gateways = [...spec.ipv4, ...spec.ipv6].flatMap(({ gateway }) => (gateway ? [gateway] : []))
  const lost = gateways.filter((gateway) => !bridge.addresses.includes(gateway))
  return [
    ...lost.map((gateway) => step(addAddress(spec.bridge, gateway))),
    ...(bridge.up ? [] : [step(setUp(spec.bridge))]),
  ]
}
