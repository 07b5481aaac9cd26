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

/** A network's place in the rules of one family. */
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

/** A network's place in the rules: elements of sets, never rules of its own. */
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

/** Devices that lead out of the host, for as long as somebody can tell. */
export const outwardElements = (outward: readonly string[]): Element[] =>
  outward.map((device) => element('outward', { device }))

/** What keeps an endpoint from its neighbours, where they are not to reach each other. */
export const aloneElements = (network: NetworkSpec, endpoint: Pick<EndpointSpec, 'id'>): Element[] =>
  network.passage?.icc === false ? [element('alone', { device: hostEndName(endpoint.id) })] : []

/** What somebody has in the tables. */
export interface Owned {
  /** whose it is, in words */
  readonly owner: string
  readonly elements: readonly Element[]
}

export const networkOwned = (network: NetworkSpec): Owned => ({
  owner: `the network with the bridge ${network.bridge}`,
  elements: networkElements(network),
})

/** All that the tables should have. */
export interface Wanted {
  /** No key twice: it stays its first owner's. */
  readonly elements: readonly Element[]
  /** What others want of those keys, in words. */
  readonly doubles: readonly string[]
  /** Whose an element is, in words. */
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

/** What it takes to let a network in. @param outward names of devices that lead out of the host */
export const planRules = (network: NetworkSpec, outward: readonly string[]): Plan =>
  planElements(networkElements(network), ...outwardElements(outward))

/** One transaction, whatever the number of elements. */
export const planElements = (elements: readonly Element[], ...shared: Element[]): Plan =>
  elements.length === 0 ? [] : [step(addElements([...elements, ...shared]), deleteElements(elements))]
