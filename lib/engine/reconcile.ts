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

/** ms that an endpoint or an address may be without what makes it used, before it counts as abandoned */
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

/** Each check by the name under which its findings are kept, and the feature that they are findings of. */
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
 * Runs a check. One that fails must not keep the others from running, nor the plugin from starting: it is a
 * finding, too.
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

/** Before the first call is answered: also ends what the last process was in the middle of. */
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

/** While calls come in: whatever one of them is at work on is left alone. */
export const reconcile = (parts: ReconcileParts): Promise<Finding[]> => pass(parts, { busy: true })

/** The part that other programs undo: our rules. */
export const reconcileRules = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('rules', parts, () => repairRules(() => parts.firewall.repair({ busy: true })))

/** Of that part, what sends no event when it changes. */
export const reconcileLegacy = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('legacy rules', parts, () => repairRules(() => parts.firewall.repairLegacy()))

/** Which bridges of the host lead out of it. */
export const reconcileBridges = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('bridges', parts, () => parts.firewall.followBridges().then(() => []))

/** Whether the host forwards. */
export const reconcileForwarding = (parts: ReconcileParts): Promise<Finding[]> =>
  runIfUsed('forwarding', parts, () => repairForwarding(parts.host, parts.store))

/** Without a network there is nothing to lose. */
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

/** Finding out takes a while, which a host without networks need not wait for. */
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

/** Removes what could not be removed when the engine asked for it. */
const endLeaving = async ({ networks }: ReconcileParts): Promise<Found[]> =>
  (await networks.endLeaving()).map((network) =>
    repaired(`network ${network}`, `network ${network} was half removed: removed`, { network }),
  )

/**
 * What a process that died had begun is taken back: the engine was told that it failed, or was told nothing.
 */
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
 * Forgets endpoints whose container is gone: it takes its end of the link along, the kernel the other, and
 * nobody may ever tell us. And those that were made and never joined: the engine was cut off before it heard
 * of them.
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
