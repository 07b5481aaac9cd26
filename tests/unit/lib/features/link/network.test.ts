import t from 'tap'
import { planForwarding, planNetwork } from '../../../../../lib/features/link/network.ts'
import type { NetworkSpec } from '../../../../../lib/model/network.ts'
import { typed } from '../../../../support/fake-host.ts'
import { IPV6_SUBNET, NETWORK, networkSpec } from '../../../../support/messages.ts'

const lines = (changes: Partial<NetworkSpec>): string[] => {
  const spec = networkSpec(changes)
  return [...planNetwork(spec), ...planForwarding(spec)].map(({ apply }) => typed(apply))
}

const BRIDGE = 'sl-a10000000000'
const ADD = [
  `ip link add name ${BRIDGE} address 02:51:d6:40:97:e1 mtu 1500 group 20942 type bridge`,
  `ip link set dev ${BRIDGE} alias sluice/network/${NETWORK}`,
]
const UP = `ip link set dev ${BRIDGE} up`
const NO_IPV6 = `sysctl -ipv6/conf/${BRIDGE}/disable_ipv6=1`
const NO_RA = `sysctl ipv6/conf/${BRIDGE}/accept_ra=0`
const GATEWAY4 = `ip addr add 10.9.0.1/24 brd + dev ${BRIDGE}`
const GATEWAY6 = `ip addr add fd09::1/64 dev ${BRIDGE} nodad`
const LOOPBACK = `sysctl ipv4/conf/${BRIDGE}/route_localnet=1`
const FORWARD4 = 'sysctl ipv4/ip_forward=1'
const FORWARD6 = 'sysctl ipv6/conf/all/forwarding=1'

const cases: Record<string, [Partial<NetworkSpec>, string[]]> = {
  'an IPv4 network': [{}, [...ADD, GATEWAY4, UP, NO_IPV6, LOOPBACK, FORWARD4]],
  'a dual-stack network': [
    { ipv6: [IPV6_SUBNET] },
    [...ADD, GATEWAY4, GATEWAY6, UP, NO_RA, LOOPBACK, FORWARD4, FORWARD6],
  ],
  'an IPv6 network': [{ ipv4: [], ipv6: [IPV6_SUBNET] }, [...ADD, GATEWAY6, UP, NO_RA, FORWARD6]],
  'an internal network, which forwards nothing': [{ internal: true }, [...ADD, GATEWAY4, UP, NO_IPV6]],
  'an internal dual-stack network': [
    { internal: true, ipv6: [IPV6_SUBNET] },
    [...ADD, GATEWAY4, GATEWAY6, UP, NO_RA],
  ],
  'a network without a gateway of its own': [
    { ipv4: [{ subnet: '10.9.0.0/24', containerGateway: '10.9.0.9' }] },
    [...ADD, UP, NO_IPV6, LOOPBACK, FORWARD4],
  ],
  'a network without addresses': [{ ipv4: [] }, [...ADD, UP, NO_IPV6]],
  'a network of two subnets': [
    {
      ipv4: [
        { subnet: '10.9.0.0/24', gateway: '10.9.0.1/24' },
        { subnet: '10.8.0.0/24', gateway: '10.8.0.1/24' },
      ],
    },
    [...ADD, GATEWAY4, `ip addr add 10.8.0.1/24 brd + dev ${BRIDGE}`, UP, NO_IPV6, LOOPBACK, FORWARD4],
  ],
  'jumbo frames': [
    { mtu: 9000 },
    [ADD[0]?.replace('1500', '9000') ?? '', ADD[1] ?? '', GATEWAY4, UP, NO_IPV6, LOOPBACK, FORWARD4],
  ],
  'a bridge that the user named': [
    { bridge: 'br-web' },
    [...ADD, GATEWAY4, UP, NO_IPV6, LOOPBACK, FORWARD4].map((line) => line.replace(BRIDGE, 'br-web')),
  ],
}

for (const [name, [changes, expected]] of Object.entries(cases))
  t.test(`planNetwork() and planForwarding() give ${name}`, async (t) => {
    t.strictSame(lines(changes), expected)
  })

t.test('planNetwork() does not depend on what is no matter of the bridge', async (t) => {
  t.strictSame(
    lines({ masquerade: false, interfacePrefix: 'net', options: { rate: 1e6, burst: 3028 } }),
    lines({}),
  )
})

t.test('planNetwork() is taken back by deleting the bridge, which takes the rest along', async (t) => {
  const reverts = planNetwork(networkSpec({ ipv6: [IPV6_SUBNET] })).flatMap(({ revert = [] }) => revert)
  t.strictSame(reverts.map(typed), [`ip link del dev ${BRIDGE}`])
})
