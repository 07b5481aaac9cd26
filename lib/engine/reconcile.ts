import type { Firewall } from '../features/filter/firewall.ts'
import { repairForwarding } from '../features/link/forwarding.ts'
import { abilitiesOf } from '../features/shaping/abilities.ts'
import type { Abilities } from '../features/shaping/shape.ts'
import { type Capabilities, NOTHING } from '../kernel/capabilities.ts'
import type { Host } from '../kernel/host.ts'
import { type Feature, type Finding, type Found, repaired, unrepaired } from '../model/finding.ts'
import type { NetworkStore } from '../store/networks.ts'
import type { PoolStore } from '../store/pools.ts'
import { messageOf } from '../values/errors.ts'
import { hostEndName } from '../values/names.ts'
import type { Findings } from './findings.ts'
import type { Networks } from './networks.ts'
import {
  claimMediums,
  dropStray,
  look,
  releaseOrphans,
  repairLinks,
  repairShapes,
  type View,
} from './repair.ts'

/**
 * ms that an endpoint may wait to be joined, or an address for its endpoint, before it counts as abandoned
 */
const ABANDONED = 60_000

export interface ReconcileParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly pools: PoolStore
  readonly networks: Networks
  readonly firewall: Firewall
  readonly capabilities: () => Promise<Capabilities>
  readonly findings: Findings
}

/** The checks: the name under which we keep each one's findings, and the feature that these concern. */
const CHECKS = {
  'unfinished calls': 'network',
  'restored ports': 'ports',
  'dead endpoints': 'network',
  'half-removed networks': 'network',
  'stray links': 'link',
  links: 'link',
  shapes: 'shaping',
  rules: 'filter',
  'legacy rules': 'filter',
  'refused rules': 'filter',
  bridges: 'filter',
  'published ports': 'ports',
  forwarding: 'link',
  'orphaned addresses': 'addressing',
} as const satisfies Record<string, Feature>

type Check = keyof typeof CHECKS

/**
 * Runs a check. If it fails, that is a finding too: the other checks must still run, and the plugin must
 * still start.
 */
async function run(
  check: Check,
  { findings }: ReconcileParts,
  find: () => Promise<readonly Found[]>,
): Promise<Finding[]> {
  const found = await find().catch((error: unknown) => [
    unrepaired(check, `cannot repair ${check}: ${messageOf(error)}`),
  ])
  const all = found.map((one) => ({ ...one, feature: CHECKS[check] }))
  findings.report(check, all)
  return all
}

/**
 * Repairs the host before we answer the first call, and undoes the calls that the last process left
 * unfinished.
 */
export async function recover(parts: ReconcileParts): Promise<Finding[]> {
  const { store, pools, networks } = parts
  return [
    ...(await run('unfinished calls', parts, () => endUnfinished(parts))),
    ...(await run('restored ports', parts, async () => networks.restorePorts().then(() => []))),
    ...(await pass(parts, { busy: false })),
    ...(await run('orphaned addresses', parts, async () =>
      releaseOrphans(store, pools, Date.now() - ABANDONED),
    )),
  ]
}

/** Repairs the host while we answer calls, but leaves alone whatever a call is working on. */
export const reconcile = (parts: ReconcileParts): Promise<Finding[]> => pass(parts, { busy: true })

/** Repairs only our rules, which other programs may remove. */
export const reconcileRules = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('rules', parts, () => repairRules(() => parts.firewall.repair({ busy: true })))

/** Repairs only the legacy iptables rules, whose changes send no event. */
export const reconcileLegacy = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('legacy rules', parts, () => repairRules(() => parts.firewall.repairLegacy()))

/** Looks up which bridges of the host lead out of it. */
export const reconcileBridges = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('bridges', parts, () => parts.firewall.followBridges().then(() => []))

/** Repairs the host's forwarding. */
export const reconcileForwarding = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('forwarding', parts, () => repairForwarding(parts.host, parts.store))

/** Skips the check on a host without networks: there is nothing to repair. */
const runIfUsed: typeof run = (check, parts, find) =>
  run(check, parts, parts.store.networks().length === 0 ? async () => [] : find)

async function pass(parts: ReconcileParts, when: { readonly busy: boolean }): Promise<Finding[]> {
  const { host, store, firewall, networks } = parts
  const before = [
    ...(await run('dead endpoints', parts, async () => forgetDead(await look(host, store), parts))),
    ...(await run('half-removed networks', parts, () => endLeaving(parts))),
  ]
  const able = await abilities(parts)
  claimMediums(store, able)
  const view = look(host, store)
  return [
    ...before,
    ...(await run('stray links', parts, async () => dropStray(await view, able, host, store))),
    ...(await run('links', parts, async () => repairLinks(await view, host))),
    ...(await run('shapes', parts, async () =>
      repairShapes(await view, able, { host, store, alone: networks.alone }),
    )),
    ...(await run('rules', parts, () => repairRules(() => firewall.repair(when)))),
    ...(await run('refused rules', parts, async () => refusedRules(firewall))),
    ...(await run('published ports', parts, () => missingPorts(networks))),
    ...(await run('forwarding', parts, () => repairForwarding(host, store))),
  ]
}

/** Probing takes a while, so we skip it on a host without networks. */
const abilities = async ({ store, capabilities }: ReconcileParts): Promise<Abilities> =>
  abilitiesOf(store.networks().length === 0 ? NOTHING : await capabilities())

const repairRules = async (repair: () => Promise<boolean>): Promise<Found[]> =>
  (await repair()) ? [repaired('nftables rules', 'nftables rules were changed: restored')] : []

const refusedRules = (firewall: Firewall): Found[] =>
  firewall.faults().map((fault) => unrepaired('nftables rules', `cannot set ${fault}`))

const missingPorts = async (networks: Networks): Promise<Found[]> =>
  (await networks.missingPorts()).map((port) =>
    unrepaired(`port ${port}`, `cannot hold published port ${port}; it stays published`),
  )

/** Removes networks that we could not remove when the engine asked for it. */
const endLeaving = async ({ networks }: ReconcileParts): Promise<Found[]> =>
  (await networks.endLeaving()).map((network) =>
    repaired(`network ${network}`, `network ${network} was half removed: removed`, { network }),
  )

/** Undoes the calls that a dead process left unfinished: the engine got an error for them, or no answer. */
async function endUnfinished({ store, networks }: ReconcileParts): Promise<Found[]> {
  const all: Found[] = []
  for (const { spec, ready } of store.endpoints()) {
    if (ready) continue
    await networks.removeEndpoint(spec.id)
    all.push(repaired(`endpoint ${spec.id}`, `endpoint ${spec.id} was half made: removed`))
  }
  for (const { spec, ready } of store.networks()) {
    if (ready) continue
    await networks.removeNetwork(spec.id)
    all.push(repaired(`network ${spec.id}`, `network ${spec.id} was half made or half removed: removed`))
  }
  return all
}

/**
 * Forgets endpoints whose container is gone: its end of the link goes with it, the kernel removes the other
 * end, and the engine may never tell us. Also forgets endpoints that were created but never joined: the
 * engine lost the connection before it got our answer.
 */
async function forgetDead({ endpoints, links }: View, { networks }: ReconcileParts): Promise<Found[]> {
  const all: Found[] = []
  for (const { spec, joined, made } of endpoints) {
    const gone = !links.has(hostEndName(spec.id))
    if (!gone && (joined || Date.now() - made < ABANDONED)) continue
    await networks.removeEndpoint(spec.id)
    const why = gone ? 'has no link any more' : 'was never joined'
    all.push(
      repaired(`endpoint ${spec.id}`, `endpoint ${spec.id} ${why}: forgotten`, { network: spec.networkId }),
    )
  }
  return all
}
