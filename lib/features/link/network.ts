import {
  addAddress,
  addBridge,
  deleteLink,
  disableIpv6,
  forwardIpv4,
  forwardIpv6,
  ignoreRouterAdvertisements,
  routeLoopback,
  setUp,
} from '../../kernel/ip/device.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { type Plan, step } from '../../plan/plan.ts'
import { bridgeMac } from '../../values/names.ts'

/** Whether the network has IPv6 at all. */
const isDualStack = ({ ipv6 }: NetworkSpec): boolean => ipv6.length > 0

/** Whether the bridge has IPv6 addresses: in mode `isolated` it has none, not even a link-local one. */
const hasAddress6 = (spec: NetworkSpec): boolean => isDualStack(spec) && spec.passage?.mode6 !== 'isolated'

const gateways = ({ ipv4, ipv6 }: NetworkSpec): string[] =>
  [...ipv4, ...ipv6].flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway]))

/** Plans the network's bridge. Its rules are planned in firewall.ts. */
export const planNetwork = (spec: NetworkSpec): Plan => {
  const [add, ...dress] = addBridge(spec.bridge, bridgeMac(spec.id), spec.mtu, `sluice/network/${spec.id}`)
  return [
    ...(add ? [step(add, deleteLink(spec.bridge))] : []),
    ...dress.map((command) => step(command)),
    ...gateways(spec).map((gateway) => step(addAddress(spec.bridge, gateway))),
    step(setUp(spec.bridge)),
    step(hasAddress6(spec) ? ignoreRouterAdvertisements(spec.bridge) : disableIpv6(spec.bridge)),
    ...(spec.internal || spec.ipv4.length === 0 ? [] : [step(routeLoopback(spec.bridge))]),
  ]
}

/**
 * Plans the host-wide switches that routing needs. They stay on, as with Docker: others may have come to need
 * them.
 *
 * Applied only while a call is answered, never in recovery: at boot the engine starts after us, and it sets
 * FORWARD to DROP only if it switches forwarding on itself (moby, setup_ip_forwarding.go).
 */
export const planForwarding = (spec: NetworkSpec): Plan =>
  spec.internal
    ? []
    : [
        ...(spec.ipv4.length > 0 ? [step(forwardIpv4())] : []),
        ...(isDualStack(spec) ? [step(forwardIpv6())] : []),
      ]
