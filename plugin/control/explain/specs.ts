import { createHash } from 'node:crypto'
import type { EndpointSpec } from '../../../lib/model/endpoint.ts'
import type { NetworkSpec, SubnetSpec } from '../../../lib/model/network.ts'
import { addressBytes, contains, formatAddress, parseSubnet } from '../../../lib/values/addresses.ts'
import type { Family } from '../../../lib/values/families.ts'
import { bridgeName, macAddress } from '../../../lib/values/names.ts'
import { parseAttachmentOptions, parseNetworkOptions } from '../../options/parse.ts'
import type { ExplainRequest } from '../schema/components.ts'
import { examplePorts, parsePorts } from './wanted-ports.ts'

/** Networks reserved for documentation (RFC 5737, RFC 3849), as examples of subnets not chosen yet. */
export const EXAMPLES = { 4: '192.0.2.0/24', 6: '2001:db8::/64' } as const
const MTU = 1500

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex')

/** The subnets of one family: those given, or an example of the one that will be chosen. */
const subnetsOf = ({ subnets = [], ipv6 = false }: ExplainRequest, family: Family): readonly string[] => {
  const given = subnets.filter((subnet) => parseSubnet(subnet).family === family)
  const isWanted = family === 6 ? ipv6 : subnets.length === 0
  return given.length === 0 && isWanted ? [EXAMPLES[family]] : given
}

/** Whether a subnet shown is only an example. */
export const isExemplary = (wanted: ExplainRequest): boolean =>
  [...subnetsOf(wanted, 4), ...subnetsOf(wanted, 6)].some((subnet) => !wanted.subnets?.includes(subnet))

/**
 * Docker's ids do not exist yet: names that follow from them are derived from the network's name.
 *
 * @throws {InvalidRequestError}
 */
export function networkOf(wanted: ExplainRequest): NetworkSpec {
  const { name, options, internal = false } = wanted
  const { shape, passage, ...parsed } = parseNetworkOptions(options ?? {})
  const id = idOf(String(name))
  const homes = (family: Family, bare: boolean): SubnetSpec[] =>
    subnetsOf(wanted, family).map((subnet) => {
      const { base, prefix } = parseSubnet(subnet)
      return { subnet, ...(bare ? {} : { gateway: `${formatAddress(family, base + 1n)}/${prefix}` }) }
    })
  return {
    id,
    bridge: parsed.bridge ?? bridgeName(id),
    mtu: parsed.mtu ?? MTU,
    ipv4: homes(4, parsed.inhibitIpv4 || passage.mode4 === 'isolated'),
    ipv6: homes(6, passage.mode6 === 'isolated'),
    internal,
    masquerade: parsed.masquerade,
    interfacePrefix: parsed.interfacePrefix,
    ...(Object.keys(passage).length > 0 ? { passage } : {}),
    ...shape,
  }
}

/**
 * The attachments, in the order of their slots, with example addresses and ports.
 *
 * @throws {InvalidRequestError}
 */
export function endpointsOf(
  network: NetworkSpec,
  wanted: NonNullable<ExplainRequest['endpoints']>,
): EndpointSpec[] {
  const taken = new Set<string>()
  return wanted.map(({ name, options, ports = [] }, slot) => {
    const attachment = parseAttachmentOptions(options ?? {})
    const id = idOf(`${network.id}/${name}`)
    const address4 = exampleAddress(network.ipv4[0], slot)
    const address6 = exampleAddress(network.ipv6[0], slot)
    const own = address4 ?? address6
    const place = { passage: network.passage, address4, address6 }
    const requests = network.internal ? [] : ports.flatMap((text) => parsePorts(String(text)))
    return {
      id,
      networkId: network.id,
      mac: macAddress(own ? addressBytes(own) : [], id, new Set()),
      slot,
      ...(address4 ? { address4 } : {}),
      ...(address6 ? { address6 } : {}),
      ...(requests.length > 0 ? { ports: examplePorts(requests, place, taken) } : {}),
      ...attachment,
    }
  })
}

/** The addresses after the gateway, one for each slot, until the subnet is used up. */
function exampleAddress(home: SubnetSpec | undefined, slot: number): string | undefined {
  const subnet = home && parseSubnet(home.subnet)
  const value = subnet && subnet.base + 2n + BigInt(slot)
  return subnet && value !== undefined && contains(subnet, value)
    ? formatAddress(subnet.family, value)
    : undefined
}
