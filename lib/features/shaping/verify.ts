import { kindOf } from '../../kernel/tc/kinds.ts'
import type { Placed } from '../../kernel/tc/qdisc.ts'
import { readShown, type SeenQdisc, type Shown } from '../../kernel/tc/show.ts'
import {
  type ClassSpec,
  filterOf,
  hashHandles,
  redirectOf,
  STRANGERS_QUEUE,
  UPLINK,
} from '../../kernel/tc/tree.ts'
import type { Layout } from './layout.ts'

/**
 * The kernel stores rates in bytes a second, and iproute2 prints those of classes in whole units: a
 * difference of 1 in 500 is rounding.
 */
const near = (is: unknown, wanted: number, slack = 0): boolean =>
  Math.abs(Number(is ?? 0) - wanted) <= Math.max(slack, wanted / 500)

/**
 * Finds a listing's qdiscs through an index, built once for each listing: otherwise each of a thousand links
 * would search all of them.
 */
function indexed(keyOf: (qdisc: SeenQdisc) => string) {
  const indexes = new WeakMap<readonly SeenQdisc[], ReadonlyMap<string, readonly SeenQdisc[]>>()
  return (qdiscs: readonly SeenQdisc[], key: string): readonly SeenQdisc[] => {
    const index = indexes.get(qdiscs) ?? Map.groupBy(qdiscs, keyOf)
    indexes.set(qdiscs, index)
    return index.get(key) ?? []
  }
}

const onDevice = indexed(({ device }) => device)
const withHandle = indexed(({ device, handle }) => `${device} ${handle}`)

/** @returns the differences between the layout and the listing, in words; empty if there are none */
export const layoutFaults = (layout: Layout, { qdiscs, classes, filters }: Shown): string[] => [
  ...layout.classes.flatMap((spec) => classFaults(spec, classes)),
  ...layout.qdiscs.flatMap((placed) => qdiscFaults(placed, qdiscs)),
  ...layout.members.flatMap((member) =>
    filters?.has(`${member.medium} ${filterOf(member)}`) === false
      ? [`no filter for ${member.mac} on ${member.medium}`]
      : [],
  ),
  ...layout.redirects.flatMap(({ from, to }) => [
    ...(onDevice(qdiscs, from).some(({ kind }) => kind === 'ingress') ? [] : [`no ingress qdisc on ${from}`]),
    ...(filters?.has(`${from} ${redirectOf(to)}`) === false ? [`no redirect from ${from} to ${to}`] : []),
  ]),
]

export function classFaults(
  { device, id, rate, ceil, priority }: ClassSpec,
  classes: Shown['classes'],
): string[] {
  const seen = classes.get(`${device} ${id}`)
  if (!seen) return [`no class ${id} on ${device}`]
  const faults: [boolean, string][] = [
    [near(seen.rate, rate), `rate ${seen.rate} bit/s, not ${rate}`],
    [near(seen.ceil, ceil), `ceil ${seen.ceil} bit/s, not ${ceil}`],
    [seen.priority === priority, `prio ${seen.priority}, not ${priority}`],
  ]
  return faults.flatMap(([right, words]) => (right ? [] : [`class ${id} on ${device} has ${words}`]))
}

function qdiscFaults({ device, parent, handle, qdisc }: Placed, seen: readonly SeenQdisc[]): string[] {
  const found = withHandle(seen, `${device} ${handle}`).find(
    (one) => one.kind === qdisc.kind && one.parent === parent,
  )
  if (!found) return [`no ${qdisc.kind} ${handle} on ${device}`]
  return kindOf(qdisc)
    .checks(qdisc, found.options)
    .filter(([, is, wanted, slack]) => !near(is, wanted, slack))
    .map(
      ([name, is, wanted]) =>
        `${qdisc.kind} ${handle} on ${device} has ${name} ${String(is ?? 0)}, not ${wanted}`,
    )
}

/** Whether a medium has everything that its members' classes depend on. */
export const isWholeMedium = (
  medium: string,
  specs: readonly ClassSpec[],
  { qdiscs, classes, filters }: Shown,
): boolean =>
  qdiscs.some(
    ({ device, kind, handle, parent }) =>
      device === medium && parent === 'root' && kind === 'htb' && handle === '1:',
  ) &&
  qdiscs.some(({ device, handle }) => device === medium && handle === STRANGERS_QUEUE) &&
  specs.every(({ id }) => classes.has(`${medium} ${id}`)) &&
  hashHandles(specs.some(({ id }) => id === UPLINK)).every((handle) => filters?.has(`${medium} ${handle}`))

/** The kernel gives its own default qdiscs the handle 0. */
const isForeign = ({ kind, handle, parent }: SeenQdisc): boolean =>
  parent === 'root' && handle !== '0:' && !(kind === 'tbf' && handle === '1:')

/**
 * @returns root qdiscs in the place of ours that neither we nor the kernel put there, in words; we leave them
 *   alone
 */
export const foreignRoots = (layout: Layout, { qdiscs }: Shown): string[] =>
  layout.qdiscs
    .filter(({ parent }) => parent === 'root')
    .flatMap((root) => onDevice(qdiscs, root.device).filter(isForeign))
    .map(
      ({ kind, handle, device }) =>
        `foreign qdisc ${kind} ${handle} on ${device}: delete it, and the shape is set again`,
    )

/**
 * Compares the layout with the output of planShow()'s steps.
 *
 * @param stdout what tc printed
 * @throws {Error} the kernel accepted the layout without an error but has something else
 */
export function verifyLayout(layout: Layout, stdout: string): void {
  const devices = [
    ...new Set([...layout.qdiscs.map(({ device }) => device), ...layout.redirects.map(({ from }) => from)]),
  ]
  const faults = layoutFaults(layout, readShown(stdout, devices, layout.classes[0]?.device ?? ''))
  if (faults.length > 0) throw new Error(`the kernel did not keep the shape: ${faults.join('; ')}`)
}
