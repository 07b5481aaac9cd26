import type { Direction, Options, Tree } from '../../control/schema/components.ts'
import type { EndpointView, NetworkView } from '../engine/view.ts'
import { formatCap, formatDelay, formatLoss, formatMeasured, formatSize, NONE } from './format.ts'

type Fields = readonly (readonly [string, string])[]

/** All of a network, for a person, in the manner of `docker info`. Pure. */
export function describeNetwork(network: NetworkView): string {
  const { uplink, shared, endpoints } = network
  return lines([
    ...fields([
      ['Network', network.name],
      ['ID', network.id],
      ['Driver', network.driver ?? NONE],
      ['Bridge', network.bridge],
      ['MTU', String(network.mtu)],
      ['Internal', String(network.internal)],
      ['Subnets', list(network.subnets)],
      ['Gateways', list(network.gateways)],
      ...(shared ? ([['Shared rate', formatCap(shared.rate)]] as const) : []),
    ]),
    ...options('Options', network.options),
    ...(uplink ? ['Uplink:', ...indent(directions(uplink))] : []),
    ...faults(network.faults),
    ...(endpoints.length > 0 ? ['Containers:', ...indent(endpoints.flatMap(memberLines))] : []),
    ...treeLines(network.tree),
  ])
}

/** All of one attachment, and of its device. Pure. */
export function describeEndpoint(endpoint: EndpointView, network: NetworkView): string {
  return lines([
    ...fields([
      ['Network', network.name],
      ['Container', endpoint.name],
    ]),
    ...endpointLines(endpoint),
    ...treeLines(treeOf(endpoint, network)),
  ])
}

/** The part of a network's tree that is one endpoint's. */
export const treeOf = ({ link }: EndpointView, { tree = [] }: NetworkView): readonly Tree[] =>
  tree.filter(({ device }) => device === link)

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('')
const indent = (all: readonly string[]): string[] => all.map((line) => ` ${line}`)
const list = (all: readonly string[]): string => (all.length > 0 ? all.join(', ') : NONE)
const fields = (all: Fields): string[] => all.map(([name, value]) => `${name}: ${value}`)

const options = (title: string, given: Options): string[] =>
  Object.keys(given).length > 0
    ? [`${title}:`, ...Object.entries(given).map(([key, value]) => ` ${key}=${value}`)]
    : []

const faults = (all: readonly string[]): string[] => (all.length > 0 ? ['Faults:', ...indent(all)] : [])

const memberLines = (endpoint: EndpointView): string[] => [endpoint.name, ...indent(endpointLines(endpoint))]

const endpointLines = (endpoint: EndpointView): string[] => [
  ...fields([
    ...(endpoint.container ? ([['Container ID', endpoint.container]] as const) : []),
    ['Endpoint ID', endpoint.id],
    ['Link', endpoint.link],
    ['MAC', endpoint.mac],
    ['Addresses', list(endpoint.addresses)],
    ...(endpoint.ports ? ([['Ports', list(endpoint.ports)]] as const) : []),
  ]),
  ...options('Options', endpoint.options),
  ...options('Effective', endpoint.effective),
  ...(endpoint.kept
    ? [
        'Set by hand:',
        ...Object.entries(endpoint.kept).map(([key, value]) => ` ${key}=${value ?? '(unset)'}`),
      ]
    : []),
  ...directions(endpoint),
  ...faults(endpoint.faults),
]

const directions = ({ up, down }: { up?: Direction; down?: Direction }): string[] => [
  ...(up ? [`Up: ${directionText(up)}`] : []),
  ...(down ? [`Down: ${directionText(down)}`] : []),
]

function directionText(direction: Direction): string {
  const { rate, queue, measured, packets, bytes, backlog } = direction
  return [
    rate === null ? 'no cap' : formatCap(rate),
    ...(formatDelay(direction) === NONE ? [] : [`delay ${formatDelay(direction)}`]),
    ...(formatLoss(direction) === NONE ? [] : [`loss ${formatLoss(direction)}`]),
    ...(queue === null ? [] : [`queue ${queue}`]),
    ...(measured === null ? [] : [`now ${formatMeasured(measured)}`]),
    `${packets} packets (${formatSize(bytes)})`,
    dropsText(direction),
    `${formatSize(backlog)} waiting`,
  ].join(', ')
}

/** How many packets were dropped, and by what. */
function dropsText({ drops, dropped }: Direction): string {
  const causes = Object.entries(dropped).filter(([, count]) => count > 0)
  const words = causes.map(([cause, count]) => `${cause} ${count}`).join(', ')
  return words === '' ? `${drops} dropped` : `${drops} dropped (${words})`
}

const treeLines = (tree: readonly Tree[] = []): string[] =>
  tree.flatMap(({ device, text }) => [`Device ${device}:`, ...indent([...text])])
