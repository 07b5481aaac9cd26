import { lacking } from '../features/shaping/abilities.ts'
import { byDirection, inForce, linkFault } from '../features/shaping/link.ts'
import { sharesFault } from '../features/shaping/shares.ts'
import type { Capabilities } from '../kernel/capabilities.ts'
import { isTaken, type Place, type Surroundings } from '../kernel/ip/surroundings.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'
import { parseSubnet, subnetFault } from '../values/addresses.ts'
import { InvalidRequestError, OptionError, UnsupportedError } from '../values/errors.ts'
import { LEAST_IPV6_MTU } from '../values/frame.ts'

/** An endpoint as far as its options are concerned. */
export type Optioned = Pick<EndpointSpec, 'id' | 'options'>

/**
 * Checks what no option of a network can check alone.
 *
 * @throws {OptionError} `option` is a link option's name, or that of NetworkSpec or Passage
 */
export function checkNetwork(spec: NetworkSpec): void {
  const { options, mtu, shared, uplink = {}, passage = {} } = spec
  const fault = linkFault(byDirection(options), { mtu, shared, uplink })
  if (fault) throw new OptionError(...fault)
  const outside = linkFault(byDirection(uplink), { mtu })
  if (outside)
    throw new OptionError(
      `uplink.${outside[0]}`,
      outside[1].replace('delay, delay.up or delay.down', 'uplink.delay'),
    )
  for (const mode of ['mode4', 'mode6'] as const)
    if (passage[mode] === 'isolated' && !spec.internal)
      throw new OptionError(
        mode,
        'expected isolated on an internal network alone (docker network create --internal)',
      )
  if (spec.ipv6.length > 0 && mtu < LEAST_IPV6_MTU)
    throw new OptionError('mtu', `expected at least ${LEAST_IPV6_MTU} with IPv6 (RFC 8200), got ${mtu}`)
}

/** Checks what no member can check alone. @throws {OptionError} */
export function checkMembers(network: NetworkSpec, endpoints: readonly Optioned[]): void {
  const claims = endpoints.map((one) => ({ id: one.id, options: inForce(network.options, one.options) }))
  for (const { options } of claims) {
    const fault = linkFault(options, network)
    if (fault) throw new OptionError(...fault)
  }
  if (network.shared === undefined) return
  const fault = sharesFault(
    network.shared,
    claims.map(({ id, options: { min } }) => ({ id, min })),
  )
  if (fault) throw new OptionError('min', fault)
}

type NetworkOptions = Pick<NetworkSpec, 'options' | 'uplink'>

/** Refuses options that this kernel or its tools cannot carry out. @throws {UnsupportedError} */
export async function requireAble(
  { network, endpoints }: { readonly network: NetworkOptions; readonly endpoints: readonly Optioned[] },
  capabilities: () => Promise<Capabilities>,
): Promise<void> {
  for (const options of [network.options, network.uplink, ...endpoints.map((one) => one.options)]) {
    // Asking the kernel takes a while: nobody waits for it who needs nothing of it.
    if (!options || Object.keys(options).length === 0) continue
    const lack = lacking(options, await capabilities())
    if (lack) throw new UnsupportedError(...lack)
  }
}

/**
 * Refuses a network that would take something from the host, or from another network.
 *
 * @throws {InvalidRequestError}
 */
export function refuseConflicts(
  { bridge, ipv4, ipv6 }: NetworkSpec,
  { links, taken }: Surroundings,
  others: readonly NetworkSpec[],
): void {
  if (links.has(bridge) || others.some((other) => other.bridge === bridge))
    throw new OptionError('bridge', `interface ${bridge} is there already and not this network's`)
  const own: Place[] = others
    .flatMap((other) => [...other.ipv4, ...other.ipv6])
    .map(({ subnet }) => ({ subnet: parseSubnet(subnet), own: true }))
  for (const { subnet } of [...ipv4, ...ipv6]) {
    const wanted = parseSubnet(subnet)
    const fault = subnetFault(wanted)
    if (fault) throw new InvalidRequestError(`subnet ${subnet}: ${fault}`)
    if ([...taken, ...own].some((place) => !place.behind && isTaken(place, wanted)))
      throw new InvalidRequestError(
        `subnet ${subnet}: overlaps a network that the host is on already; choose another with --subnet`,
      )
  }
}
