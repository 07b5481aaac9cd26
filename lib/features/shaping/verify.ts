import type { Placed, Qdisc } from '../../kernel/tc/qdisc.ts'
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
import { OPEN } from './shape.ts'

/** The kernel keeps rates in bytes a second and iproute2 prints classes in whole units: a part in 500 is rounding. */
const near = (is: unknown, wanted: number, slack = 0): boolean =>
  Math.abs(Number(is ?? 0) - wanted) <= Math.max(slack, wanted / 500)

/** Looks a listing's qdiscs up by an index, made once a listing: for each of a thousand links, a search would read all of them. */
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

/** @returns what is not as it should be, in words; empty when all is */
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
  return differences(qdisc, found.options).map((words) => `${qdisc.kind} ${handle} on ${device} has ${words}`)
}

type Options = SeenQdisc['options']
const part = (options: Options, group: string, key: string): unknown =>
  (options[group] as Options | undefined)?.[key]

/** One value that should read back: its name, what tc shows, what it should be, and how far off rounding may put it. */
type Check = readonly [name: string, is: unknown, wanted: number, slack?: number]

function differences(qdisc: Qdisc, options: Options): string[] {
  const checks = checksOf(qdisc, options)
  return checks.flatMap(([name, is, wanted, slack]) =>
    near(is, wanted, slack) ? [] : [`${name} ${String(is ?? 0)}, not ${wanted}`],
  )
}

function checksOf(qdisc: Qdisc, options: Options): Check[] {
  switch (qdisc.kind) {
    case 'tbf':
      // tc keeps a burst as the time it takes, in ticks of 64 ns: two of them are rounding. Without a cap that is all there is.
      return [
        ['rate', options.rate, qdisc.rate / 8],
        ...(qdisc.rate < OPEN
          ? [['burst', options.burst, qdisc.burst, 16 + (qdisc.rate / 8) * 128e-9] as const]
          : []),
      ]
    case 'netem':
      return netemChecks(qdisc, options)
    case 'fq_codel':
      return [
        ['memory_limit', options.memory_limit, qdisc.bytes],
        ['target', options.target, qdisc.target, 2],
        ['interval', options.interval, qdisc.interval, 2],
      ]
    case 'cake':
      return []
    case 'bfifo':
      return [['limit', options.limit, qdisc.bytes]]
    case 'sfq':
      // It keeps to as many flows as a smaller limit once left it.
      return [['limit', Math.max(Number(options.limit), qdisc.packets), qdisc.packets]]
    default:
      return [['limit', options.limit, qdisc.packets]]
  }
}

/** What tc calls a loss model's percents, in their order. */
const MODELS = { gemodel: ['p', 'r', '1-h', '1-k'], state: ['p13', 'p31', 'p32', 'p23', 'p14'] } as const

/** Where tc shows a correlation, and which it should be: only beside what it belongs to, which is compared by itself. */
const correlationChecks = (netem: Extract<Qdisc, { kind: 'netem' }>, options: Options): Check[] =>
  Object.entries({
    delay: netem.correlation,
    'loss-random': netem.lossCorrelation,
    duplicate: 0,
    corrupt: 0,
    reorder: 0,
  }).flatMap(([group, percent]) =>
    options[group] === undefined
      ? []
      : [[`${group} correlation`, part(options, group, 'correlation'), percent / 100, 1e-9]],
  )

/** s, and shares of 1: netem keeps shares in 32 bits, and tc prints six digits. */
function netemChecks(netem: Extract<Qdisc, { kind: 'netem' }>, options: Options): Check[] {
  const model = netem.lossModel
  return [
    ['limit', options.limit, netem.limit],
    ['delay', part(options, 'delay', 'delay'), netem.delay / 1e6, 1e-6],
    ['jitter', part(options, 'delay', 'jitter'), netem.jitter / 1e6, 1e-6],
    ['loss', part(options, 'loss-random', 'loss'), netem.loss / 100, 1e-9],
    ['duplicate', part(options, 'duplicate', 'duplicate'), netem.duplicate / 100, 1e-9],
    ['corrupt', part(options, 'corrupt', 'corrupt'), netem.corrupt / 100, 1e-9],
    ['reorder', part(options, 'reorder', 'reorder'), netem.reorder / 100, 1e-9],
    // tc makes every packet a candidate where nothing is said.
    ['gap', options.gap, netem.reorder > 0 ? netem.gap || 1 : 0],
    ...correlationChecks(netem, options),
    ...Object.entries(MODELS).flatMap(([name, keys]) =>
      (model?.model === name ? model.percents : [0]).map((percent, index): Check => {
        const key = keys[index] ?? ''
        return [`loss ${name} ${key}`, part(options, `loss-${name}`, key), percent / 100, 1e-9]
      }),
    ),
    ...(netem.seed === undefined ? [] : [['seed', Number(options.seed === netem.seed), 1] as const]),
  ]
}

/** Whether a medium has all that its members' classes hang on. */
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

/** What the kernel itself puts on a device has the handle 0. */
const isForeign = ({ kind, handle, parent }: SeenQdisc): boolean =>
  parent === 'root' && handle !== '0:' && !(kind === 'tbf' && handle === '1:')

/** @returns root qdiscs where ours should be that neither we nor the kernel put there, in words; they are left alone */
export const foreignRoots = (layout: Layout, { qdiscs }: Shown): string[] =>
  layout.qdiscs
    .filter(({ parent }) => parent === 'root')
    .flatMap((root) => onDevice(qdiscs, root.device).filter(isForeign))
    .map(
      ({ kind, handle, device }) =>
        `foreign qdisc ${kind} ${handle} on ${device}: delete it, and the shape is set again`,
    )

/**
 * Compares what was set with what planShow's steps read back.
 *
 * @param stdout what tc printed
 * @throws {Error} when the kernel took it without a word and has something else
 */
export function verifyLayout(layout: Layout, stdout: string): void {
  const devices = [
    ...new Set([...layout.qdiscs.map(({ device }) => device), ...layout.redirects.map(({ from }) => from)]),
  ]
  const faults = layoutFaults(layout, readShown(stdout, devices, layout.classes[0]?.device ?? ''))
  if (faults.length > 0) throw new Error(`the kernel did not keep the shape: ${faults.join('; ')}`)
}
