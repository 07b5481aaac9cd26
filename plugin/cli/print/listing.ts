import type { DirectionView, EndpointView, NetworkView } from '../engine/view.ts'
import {
  formatBoth,
  formatCap,
  formatDelay,
  formatLoss,
  formatMeasured,
  formatTable,
  NONE,
} from './format.ts'

interface Row {
  readonly name: string
  readonly up?: string
  readonly upNow?: number | undefined
  readonly down?: string
  readonly downNow?: number | undefined
  readonly delay?: string
  readonly loss?: string
  readonly drops: number
  readonly ports?: readonly string[]
}

const sum = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0)
}

/** What the members share; or, where they share nothing, what each of them has that has no options of its own. */
function networkRow({ name, options, shared, endpoints }: NetworkView): Row {
  const each = (key: 'rate' | 'delay' | 'loss', way: 'up' | 'down'): string =>
    options[`${key}.${way}`] ?? options[key] ?? NONE
  const rate = (way: 'up' | 'down'): string => {
    if (shared) return formatCap(shared.rate)
    const own = each('rate', way) === NONE ? options.link : each('rate', way)
    return own === undefined ? NONE : `${own} each`
  }
  return {
    name,
    up: rate('up'),
    upNow: sum(endpoints.map(({ up }) => up.measured)),
    down: rate('down'),
    downNow: sum(endpoints.map(({ down }) => down.measured)),
    delay: formatBoth(each('delay', 'up'), each('delay', 'down')),
    loss: formatBoth(each('loss', 'up'), each('loss', 'down')),
    drops: sum(endpoints.map(({ up, down }) => up.drops + down.drops)) ?? 0,
  }
}

type Ways = { readonly up?: DirectionView | undefined; readonly down?: DirectionView | undefined }

function linkRow(name: string, { up, down }: Ways): Row {
  const both = (format: (direction: DirectionView) => string): string =>
    formatBoth(up ? format(up) : NONE, down ? format(down) : NONE)
  return {
    name: `  ${name}`,
    up: formatCap(up?.rate),
    upNow: up?.measured,
    down: formatCap(down?.rate),
    downNow: down?.measured,
    delay: both(formatDelay),
    loss: both(formatLoss),
    drops: (up?.drops ?? 0) + (down?.drops ?? 0),
  }
}

const endpointRow = (endpoint: EndpointView): Row => ({
  ...linkRow(endpoint.name, endpoint),
  ...(endpoint.ports ? { ports: endpoint.ports } : {}),
})

const rowsOf = (network: NetworkView): readonly Row[] => [
  networkRow(network),
  ...(network.uplink ? [linkRow('(uplink)', network.uplink)] : []),
  ...network.endpoints.map(endpointRow),
]

/** The table of `ls` and `watch`: every network, its uplink, its containers. Pure. */
export function formatListing(networks: readonly NetworkView[], { now }: { readonly now: boolean }): string {
  const rows = networks.flatMap(rowsOf)
  const ports = rows.some((row) => row.ports !== undefined)
  const measured = (rate: number | undefined): string[] => (now ? [formatMeasured(rate)] : [])
  return formatTable([
    [
      'NETWORK/CONTAINER',
      ...['RATE UP', ...(now ? ['NOW UP'] : [])],
      ...['RATE DOWN', ...(now ? ['NOW DOWN'] : [])],
      ...['DELAY', 'LOSS', 'DROPS'],
      ...(ports ? ['PORTS'] : []),
    ],
    ...rows.map((row) => [
      row.name,
      ...[row.up ?? NONE, ...measured(row.upNow)],
      ...[row.down ?? NONE, ...measured(row.downNow)],
      ...[row.delay ?? NONE, row.loss ?? NONE, String(row.drops)],
      ...(ports ? [row.ports?.join(', ') ?? ''] : []),
    ]),
  ])
}

/** What is not as it should be, a line each. */
export const faultLines = (networks: readonly NetworkView[]): readonly string[] =>
  networks.flatMap(({ name, faults, endpoints }) => [
    ...faults.map((fault) => `WARNING: ${name}: ${fault}`),
    ...endpoints.flatMap((one) => one.faults.map((fault) => `WARNING: ${name}/${one.name}: ${fault}`)),
  ])
