import {
  addElements,
  deleteElements,
  type Element,
  elementWords,
  type Part,
  placedWords,
} from '../../kernel/nft/element.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { GatewayMode, NetworkSpec } from '../../model/network.ts'
import { type Plan, step } from '../../plan/plan.ts'
import type { Family } from '../../values/families.ts'
import { hostEndName } from '../../values/names.ts'

const element = (set: string, ...key: Part[]): Element => ({ set, key })

/** A network's set elements of one family. */
function familyElements(network: NetworkSpec, family: Family): Element[] {
  const { internal, masquerade, passage = {} } = network
  const device = { device: network.bridge }
  const subnets = (family === 4 ? network.ipv4 : network.ipv6).map(({ subnet }) => subnet)
  const mode: GatewayMode = (family === 4 ? passage.mode4 : passage.mode6) ?? 'nat'
  const source = family === 4 ? passage.source4 : passage.source6
  const isTranslated = masquerade && !internal && mode.startsWith('nat')
  if (subnets.length === 0) return []
  return [
    ...subnets.map((subnet) => element(`subnets${family}`, subnet)),
    ...(isTranslated
      ? subnets.map((subnet) =>
          source === undefined
            ? element(`masquerade${family}`, subnet)
            : { set: `source${family}`, key: [subnet], value: [source] },
        )
      : []),
    ...(mode === 'nat-unprotected' ? [element('exposed', device, `ipv${family}`)] : []),
    ...(mode === 'routed' ? [element('routed', device, `ipv${family}`)] : []),
  ]
}

/** A network's set elements: a network has no rules of its own. */
function networkElements(network: NetworkSpec): Element[] {
  const device = { device: network.bridge }
  const { icc, trusted = [] } = network.passage ?? {}
  return [
    element('bridges', device),
    icc === false ? element('alone', device) : element('within', device, device),
    ...(network.internal ? [element('internal', device)] : []),
    ...trusted.map((from) => element('trusted', { device: from }, device)),
    ...familyElements(network, 4),
    ...familyElements(network, 6),
  ]
}

/** The elements for devices that are currently known to lead out of the host. */
export const outwardElements = (outward: readonly string[]): Element[] =>
  outward.map((device) => element('outward', { device }))

/** The element that keeps an endpoint from reaching its neighbours, where icc is off. */
export const aloneElements = (network: NetworkSpec, endpoint: Pick<EndpointSpec, 'id'>): Element[] =>
  network.passage?.icc === false ? [element('alone', { device: hostEndName(endpoint.id) })] : []

/** The elements of one owner, such as a network. */
export interface Owned {
  /** who owns the elements, in words */
  readonly owner: string
  readonly elements: readonly Element[]
}

export const networkOwned = (network: NetworkSpec): Owned => ({
  owner: `the network with the bridge ${network.bridge}`,
  elements: networkElements(network),
})

/** Everything that the tables should contain. */
export interface Wanted {
  /** No key twice: the first owner of a key keeps it. */
  readonly elements: readonly Element[]
  /** The elements that other owners want under those keys, in words. */
  readonly doubles: readonly string[]
  /** The owner of an element, in words. */
  readonly ownerOf: (element: Element) => string
}

/** @param outward names of devices that lead out of the host */
export function wantedElements(networks: readonly Owned[], outward: readonly string[]): Wanted {
  const ways: Owned = { owner: 'the ways out of the host', elements: outwardElements(outward) }
  const first = new Map<string, { readonly owner: string; readonly element: Element }>()
  const doubles: string[] = []
  for (const { owner, elements } of [ways, ...networks])
    for (const element of elements) {
      const before = first.get(keyWords(element))
      if (before === undefined) first.set(keyWords(element), { owner, element })
      else if (elementWords(before.element) !== elementWords(element))
        doubles.push(`${placedWords(element)} of ${owner}: ${before.owner} has it`)
    }
  return {
    elements: [...first.values()].map(({ element }) => element),
    doubles,
    ownerOf: (element) => first.get(keyWords(element))?.owner ?? 'nobody',
  }
}

const keyWords = ({ set, key }: Element): string => `${set} ${elementWords({ set, key })}`

/**
 * Plans the elements that let a network through.
 *
 * @param outward names of devices that lead out of the host
 */
export const planRules = (network: NetworkSpec, outward: readonly string[]): Plan =>
  planElements(networkElements(network), ...outwardElements(outward))

/** Plans one nft transaction for any number of elements. */
export const planElements = (elements: readonly Element[], ...shared: Element[]): Plan =>
  elements.length === 0 ? [] : [step(addElements([...elements, ...shared]), deleteElements(elements))]
