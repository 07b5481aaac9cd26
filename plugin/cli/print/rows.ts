import type { Direction } from '../../control/schema/components.ts'
import type { EndpointView, NetworkView } from '../engine/view.ts'
import { formatBoth, formatCap, formatDelay, formatLoss, NONE } from './format.ts'

/** What is said of one direction. */
export interface Way {
  /** what it may have */
  readonly cap: string
  /** bit/s; absent where nothing was measured */
  readonly measured?: number | undefined
  readonly saturated: boolean
}

/** Packets that were dropped, by what dropped them. */
export interface Drops {
  readonly all: number
  readonly limit: number
  readonly loss: number
}

/** One line of the listing. */
export interface Row {
  readonly kind: 'network' | 'uplink' | 'container'
  readonly network: NetworkView
  readonly endpoint?: EndpointView
  readonly up: Way
  readonly down: Way
  readonly delay: string
  readonly loss: string
  readonly drops: Drops
  readonly ports: readonly string[]
}

/** A direction is at its limit from this part of it on; where packets wait, the lower part will do. */
const AT_LIMIT = 0.95
const AT_LIMIT_WAITING = 0.8

/** Whether a link is as busy as it may be. @param rate bit/s @param backlog bytes that wait */
export const isSaturated = (
  rate: number | null | undefined,
  measured: number | null | undefined,
  backlog: number,
): boolean =>
  rate !== null &&
  rate !== undefined &&
  measured !== undefined &&
  measured !== null &&
  measured >= rate * (backlog > 0 ? AT_LIMIT_WAITING : AT_LIMIT)

/** Every network, its uplink, its containers. Pure. */
export const rowsOf = (networks: readonly NetworkView[]): readonly Row[] =>
  networks.flatMap((network) => [
    networkRow(network),
    ...(network.uplink ? [linkRow('uplink', network, network.uplink)] : []),
    ...network.endpoints.map((endpoint) => ({
      ...linkRow('container', network, endpoint),
      endpoint,
      ports: endpoint.ports ?? [],
    })),
  ])

const sum = (values: readonly (number | null | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined && value !== null)
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0)
}

/**
 * What the members share; or, where they share nothing, what each of them has that has no options of its own.
 */
function networkRow(network: NetworkView): Row {
  const { options, shared, endpoints } = network
  const each = (key: 'rate' | 'delay' | 'loss', way: 'up' | 'down'): string =>
    options[`${key}.${way}`] ?? options[key] ?? NONE
  const cap = (way: 'up' | 'down'): string => {
    if (shared) return formatCap(shared.rate)
    const own = each('rate', way) === NONE ? options.link : each('rate', way)
    return own === undefined ? NONE : `${own} each`
  }
  const way = (name: 'up' | 'down'): Way => {
    const measured = sum(endpoints.map((one) => one[name].measured))
    const backlog = sum(endpoints.map((one) => one[name].backlog)) ?? 0
    return { cap: cap(name), measured, saturated: isSaturated(shared?.rate, measured, backlog) }
  }
  return {
    kind: 'network',
    network,
    up: way('up'),
    down: way('down'),
    delay: formatBoth(each('delay', 'up'), each('delay', 'down')),
    loss: formatBoth(each('loss', 'up'), each('loss', 'down')),
    drops: addDrops(endpoints.flatMap(({ up, down }) => [up, down])),
    ports: [],
  }
}

type Ways = { readonly up?: Direction | undefined; readonly down?: Direction | undefined }

function linkRow(kind: 'uplink' | 'container', network: NetworkView, { up, down }: Ways): Row {
  const both = (format: (direction: Direction) => string): string =>
    formatBoth(up ? format(up) : NONE, down ? format(down) : NONE)
  const way = (direction: Direction | undefined): Way => ({
    cap: formatCap(direction?.rate),
    measured: direction?.measured ?? undefined,
    saturated: isSaturated(direction?.rate, direction?.measured, direction?.backlog ?? 0),
  })
  return {
    kind,
    network,
    up: way(up),
    down: way(down),
    delay: both(formatDelay),
    loss: both(formatLoss),
    drops: addDrops([up, down]),
    ports: [],
  }
}

function addDrops(directions: readonly (Direction | undefined)[]): Drops {
  const all = sum(directions.map((one) => one?.drops)) ?? 0
  const limit = sum(directions.map((one) => one?.dropped.limit)) ?? 0
  const loss = sum(directions.map((one) => one?.dropped.loss)) ?? 0
  return { all, limit, loss }
}

/** The number, and what dropped them. */
export function formatDrops({ all, limit, loss }: Drops): string {
  const parts = [
    ...(limit > 0 ? [`${limit} limit`] : []),
    ...(loss > 0 ? [`${loss} loss`] : []),
    ...(all - limit - loss > 0 ? [`${all - limit - loss} link`] : []),
  ]
  return parts.join(', ') || '0'
}

/** What there is to know of a row beside its numbers. */
export const notesOf = ({ kind, network, endpoint, up, down }: Row): readonly string[] => [
  ...(kind === 'network' && network.orphan ? ['not known to the engine: docker sluice prune'] : []),
  ...(endpoint?.kept ? [`set by hand: ${Object.keys(endpoint.kept).join(', ')}`] : []),
  ...(up.saturated || down.saturated
    ? [`at its limit ${[...(up.saturated ? ['up'] : []), ...(down.saturated ? ['down'] : [])].join(' and ')}`]
    : []),
]

/** The same in a sign behind the name, for where there is no room for words. */
export const signOf = ({ kind, network, endpoint }: Row): string =>
  kind === 'network' && network.orphan ? ' ?' : endpoint?.kept ? ' *' : ''
