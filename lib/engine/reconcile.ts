import type { Firewall } from '../features/filter/firewall.ts'
import { repairForwarding } from '../features/link/forwarding.ts'
import { abilitiesOf } from '../features/shaping/abilities.ts'
import { type Capabilities, NOTHING } from '../kernel/capabilities.ts'
import type { Host } from '../kernel/host.ts'
import type { NetworkStore } from '../store/networks.ts'
import type { PoolStore } from '../store/pools.ts'
import { messageOf } from '../values/errors.ts'
import { hostEndName } from '../values/names.ts'
import type { Networks } from './networks.ts'
import {
  claimMediums,
  dropStray,
  look,
  type Repair,
  releaseOrphans,
  repairLinks,
  repairShapes,
  type View,
} from './repair.ts'

/** ms that an endpoint or an address may be without what makes it used, before it counts as abandoned */
const ABANDONED = 60_000

export interface Keeper {
  /** Before the first call is answered: also ends what the last process was in the middle of. */
  recover(): Promise<Repair[]>
  /** While calls come in: whatever one of them is at work on is left alone. */
  reconcile(): Promise<Repair[]>
  /** The part of it that other programs undo: our rules. */
  reconcileRules(): Promise<Repair[]>
  /** Of that part, what nobody tells of when it changes. */
  reconcileLegacy(): Promise<Repair[]>
  /** Which bridges of the host lead out of it. */
  reconcileBridges(): Promise<Repair[]>
  /** Whether the host forwards. */
  reconcileForwarding(): Promise<Repair[]>
}

export interface KeeperParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly pools: PoolStore
  readonly networks: Networks
  readonly firewall: Firewall
  readonly capabilities: () => Promise<Capabilities>
}

export function createKeeper(parts: KeeperParts): Keeper {
  const { host, store, pools, firewall } = parts
  // Finding out takes a while, which a host without networks need not wait for.
  const abilities = async () =>
    abilitiesOf(store.networks().length === 0 ? NOTHING : await parts.capabilities())
  const rules = (repair: () => Promise<boolean>) => async (): Promise<Repair[]> =>
    (await repair()) ? ['rules were not as they should be: set again'] : []
  /** Without a network there is nothing to lose. */
  const used = async (repair: () => Promise<Repair[]>): Promise<Repair[]> =>
    store.networks().length === 0 ? [] : inTurn([repair])
  const pass = async (busy: boolean): Promise<Repair[]> => {
    const dead = await inTurn([async () => dropDead(await look(host, store), parts)])
    claimMediums(store, await abilities())
    const view = await look(host, store)
    return inTurn([
      async () => dead,
      () => endLeaving(parts),
      () => dropStray(view, host, store),
      () => repairLinks(view, host),
      async () => repairShapes(view, await abilities(), { host, store, alone: parts.networks.alone }),
      rules(() => firewall.repair({ busy })),
      async () => firewall.faults().map((fault) => `${UNREPAIRED} ${fault}`),
      () => missingPorts(parts),
      () => repairForwarding(host, store),
    ])
  }
  return {
    recover: async () => [
      ...(await inTurn([() => endUnfinished(parts), () => restorePorts(parts)])),
      ...(await pass(false)),
      ...releaseOrphans(store, pools, Date.now() - ABANDONED),
    ],
    reconcile: () => pass(true),
    reconcileRules: () => used(rules(() => firewall.repair({ busy: true }))),
    reconcileLegacy: () => used(rules(firewall.repairLegacy)),
    reconcileBridges: () => used(() => firewall.followBridges().then(() => [])),
    reconcileForwarding: () => used(() => repairForwarding(host, store)),
  }
}

async function restorePorts({ networks }: KeeperParts): Promise<Repair[]> {
  await networks.restorePorts()
  return []
}

async function missingPorts({ networks }: KeeperParts): Promise<Repair[]> {
  const missing = await networks.missingPorts()
  return missing.map((port) => `${UNREPAIRED} published port ${port}; it stays published`)
}

/** How a finding begins that could not be set right. */
export const UNREPAIRED = 'cannot repair:'

/** One thing that cannot be repaired must not keep the rest from it, nor the plugin from starting. */
async function inTurn(repairs: readonly (() => Promise<Repair[]>)[]): Promise<Repair[]> {
  const all: Repair[] = []
  for (const repair of repairs)
    all.push(...(await repair().catch((error: unknown) => [`${UNREPAIRED} ${messageOf(error)}`])))
  return all
}

/** Removes what could not be removed when the engine asked for it. */
async function endLeaving({ networks }: KeeperParts): Promise<Repair[]> {
  return (await networks.endLeaving()).map((id) => `network ${id} was half removed: removed`)
}

/** What a process that died had begun is taken back: the engine was told that it failed, or was told nothing. */
async function endUnfinished({ store, networks }: KeeperParts): Promise<Repair[]> {
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

/**
 * Forgets endpoints whose container is gone: it takes its end of the link along, the kernel the other, and nobody may
 * ever tell us. And those that were made and never joined: the engine was cut off before it heard of them.
 */
async function dropDead({ endpoints, links }: View, { networks }: KeeperParts): Promise<Repair[]> {
  const repairs: Repair[] = []
  for (const { spec, joined, made } of endpoints) {
    const gone = !links.has(hostEndName(spec.id))
    if (!gone && (joined || Date.now() - made < ABANDONED)) continue
    await networks.removeEndpoint(spec.id)
    repairs.push(`endpoint ${spec.id} ${gone ? 'has no link any more' : 'was never joined'}: forgotten`)
  }
  return repairs
}
