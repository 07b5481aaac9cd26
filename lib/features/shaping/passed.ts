import { type Counters, NO_COUNTERS } from '../../kernel/counters.ts'
import type { Readings } from '../../kernel/readings.ts'
import type { Placed } from '../../kernel/tc/qdisc.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { hostEndName } from '../../values/names.ts'
import type { Layout } from './layout.ts'
import type { Link, Uplink } from './resolve.ts'

/** The counters of one direction; `drops` includes every drop. */
export interface Passed extends Counters {
  /** the drops that netem was configured to make */
  readonly loss: number
}

export const NOTHING_PASSED: Passed = { ...NO_COUNTERS, loss: 0 }

/** Qdiscs from a cap down to its queue, each the child of the one before. */
type Chain = readonly Placed[]

/** Groups the layout's qdiscs by cap, in the layout's order. */
export function chainsOf({ qdiscs }: Pick<Layout, 'qdiscs'>): readonly Chain[] {
  const chains: Placed[][] = []
  for (const placed of qdiscs) {
    const last = chains.at(-1)
    const above = last?.at(-1)
    if (last && above?.device === placed.device && placed.parent === `${above.handle}1`) last.push(placed)
    else chains.push([placed])
  }
  return chains
}

/**
 * The first qdisc of a chain counts for all of them. The qdisc that cuts offload packets counts the pieces.
 * If netem drops more than the qdisc below it, the difference is the loss that it was configured to make: the
 * kernel adds a drop to every qdisc above (net/sched/sch_api.c, qdisc_tree_reduce_backlog).
 */
export function passedBy([first, ...rest]: Chain, { qdiscs }: Readings): Passed | undefined {
  const counters = first && qdiscs.get(`${first.device} ${first.handle}`)
  if (!counters) return undefined
  const netem = rest.findIndex(({ qdisc }) => qdisc.kind === 'netem')
  const dropsOf = (placed: Placed | undefined): number =>
    placed ? (qdiscs.get(`${placed.device} ${placed.handle}`)?.drops ?? 0) : 0
  const loss = isLossy(rest[netem]) ? dropsOf(rest[netem]) - dropsOf(rest[netem + 1]) : 0
  const drops = Math.max(counters.drops, ...rest.map(dropsOf))
  return { ...counters, drops, loss: Math.max(0, Math.min(loss, drops)) }
}

const isLossy = (placed: Placed | undefined): boolean =>
  placed?.qdisc.kind === 'netem' && (placed.qdisc.loss > 0 || placed.qdisc.lossModel !== undefined)

export const addPassed = (a: Passed, b: Passed): Passed => ({
  bytes: a.bytes + b.bytes,
  packets: a.packets + b.packets,
  drops: a.drops + b.drops,
  backlog: a.backlog + b.backlog,
  loss: a.loss + b.loss,
})

/** The counters of each direction; absent where the link does not exist. */
export interface Flow {
  readonly up?: Passed | undefined
  readonly down?: Passed | undefined
  /** the part of `up` that went through the uplink */
  readonly out?: Passed | undefined
}

/** A direction without a shape takes the host end's own counters. */
export function endpointFlow({ endpoint, layout }: Link, readings: Readings): Flow {
  const link = hostEndName(endpoint.id)
  const chains = chainsOf(layout)
  const [up, out] = chains.filter(([first]) => first?.device !== link)
  const down = chains.find(([first]) => first?.device === link)
  const unshaped = readings.links.get(link)
  const sent = up && passedBy(up, readings)
  const outward = out && passedBy(out, readings)
  return {
    up: up ? sent && addPassed(sent, outward ?? NOTHING_PASSED) : unshaped && { ...unshaped.rx, loss: 0 },
    down: down ? passedBy(down, readings) : unshaped && { ...unshaped.tx, loss: 0 },
    out: outward,
  }
}

/** The counters of everything that members sent and received through the uplink. */
export function uplinkFlow(
  { bridge }: NetworkSpec,
  { layout }: Uplink,
  links: readonly Link[],
  readings: Readings,
): Flow {
  const out = links.map((link) => endpointFlow(link, readings).out ?? NOTHING_PASSED)
  const [down] = chainsOf(layout).filter(([first]) => first?.device === bridge)
  return { up: out.reduce(addPassed, NOTHING_PASSED), down: down && passedBy(down, readings) }
}
