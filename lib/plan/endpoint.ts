import { addVeth, attach, deleteLink, setUp } from '../kernel/ip.ts'
import { type Member, showShape } from '../kernel/tc.ts'
import { hostEndName, mediumName, peerEndName } from '../names.ts'
import type { LinkOptions, NetworkSpec } from './network.ts'
import { type Plan, step } from './plan.ts'
import { linkShapes, planDown, planOffload, planUp } from './shaping.ts'
import type { Expected } from './verify.ts'

/** A container's attachment as it should be on the host. */
export interface EndpointSpec {
  readonly id: string
  readonly networkId: string
  /** six bytes, as `02:42:0a:80:00:02` */
  readonly mac: string
  /** the member's place on its network, 0 to 1023 */
  readonly slot: number
  /** addresses without prefix length, absent where the network has none of that family */
  readonly address4?: string
  readonly address6?: string
  /** the attachment's own link options, over the network's of the same name */
  readonly options: LinkOptions
}

/** `rate` stands for both directions where its own layer, network or attachment, does not name one. */
const byDirection = ({ rate, ...rest }: LinkOptions): LinkOptions =>
  rate === undefined ? rest : { 'rate.up': rate, 'rate.down': rate, ...rest }

/** The options in force: the attachment's over the network's, name by name; an attachment's `rate` sets both directions. */
export const linkOptions = (network: NetworkSpec, endpoint: EndpointSpec): LinkOptions => ({
  ...byDirection(network.options),
  ...byDirection(endpoint.options),
})

/** Whether what the endpoint sends is queued on the network's medium. */
export const usesMedium = (network: NetworkSpec, endpoint: EndpointSpec): boolean =>
  linkShapes(linkOptions(network, endpoint), network.mtu).up !== undefined

export const memberOf = ({ networkId, slot, mac }: EndpointSpec): Member => ({
  medium: mediumName(networkId),
  slot,
  mac,
})

/**
 * What must happen on the host for the endpoint to exist: a link on the network's bridge, shaped before the engine
 * moves its peer into the container.
 */
export const planEndpoint = (network: NetworkSpec, endpoint: EndpointSpec): Plan => [
  ...planLink(network, endpoint),
  ...planShape(network, endpoint),
]

/** The link itself, from the host's bridge to what the engine will move away. */
export function planLink(network: NetworkSpec, endpoint: EndpointSpec): Plan {
  const hostEnd = hostEndName(endpoint.id)
  const peerEnd = peerEndName(endpoint.id)
  const { up } = linkShapes(linkOptions(network, endpoint), network.mtu)
  const alias = `sluice/endpoint/${endpoint.id}`
  const [add, ...dress] = addVeth({ hostEnd, peerEnd, mtu: network.mtu, mac: endpoint.mac, alias })
  return [
    ...(add ? [step(add, deleteLink(hostEnd))] : []),
    ...dress.map((command) => step(command)),
    ...(up ? planOffload(peerEnd, up, network.mtu) : []),
    step(attach(hostEnd, network.bridge)),
    step(setUp(hostEnd)),
  ]
}

/**
 * The part of the plan that lives on the host's side of the link, and so can be set again at any time. Its last steps
 * read back what the others have set, for verifyShape.
 */
export function planShape(network: NetworkSpec, endpoint: EndpointSpec): Plan {
  const hostEnd = hostEndName(endpoint.id)
  const { up, down } = linkShapes(linkOptions(network, endpoint), network.mtu)
  const member = up && memberOf(endpoint)
  return [
    ...(down ? planDown(hostEnd, down) : []),
    ...(up && member ? planUp(hostEnd, member, up) : []),
    ...(up || down ? showShape(hostEnd, member).map((command) => step(command)) : []),
  ]
}

/** What the link's shape should read back as. */
export function expectedShape(network: NetworkSpec, endpoint: EndpointSpec): Expected {
  const { up, down } = linkShapes(linkOptions(network, endpoint), network.mtu)
  return {
    hostEnd: hostEndName(endpoint.id),
    ...(down ? { down } : {}),
    ...(up ? { up: { member: memberOf(endpoint), shape: up } } : {}),
  }
}
