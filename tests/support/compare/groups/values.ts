import { type Behaviour, type Group, NEWEST } from '../behaviour.ts'
import { attempt } from '../words.ts'

const BRIDGE = 'com.docker.network.bridge'

type Value = readonly [key: string, value: string, needs?: typeof NEWEST]

const values: readonly Value[] = [
  [`${BRIDGE}.enable_icc`, 'maybe'],
  [`${BRIDGE}.enable_icc`, '1'],
  [`${BRIDGE}.enable_icc`, 'True'],
  [`${BRIDGE}.enable_ip_masquerade`, 'yes'],
  [`${BRIDGE}.enable_ip_masquerade`, ''],
  [`${BRIDGE}.inhibit_ipv4`, 'perhaps'],
  [`${BRIDGE}.host_binding_ipv4`, 'nowhere'],
  [`${BRIDGE}.host_binding_ipv4`, '::1'],
  [`${BRIDGE}.name`, ''],
  [`${BRIDGE}.name`, 'a/b'],
  [`${BRIDGE}.trusted_host_interfaces`, 'out1:lo', NEWEST],
  [`${BRIDGE}.gateway_mode_ipv4`, 'NAT', NEWEST],
  [`${BRIDGE}.gateway_mode_ipv6`, 'routed', NEWEST],
  ['com.docker.network.driver.mtu', 'big'],
  ['com.docker.network.driver.mtu', '-1'],
  ['com.docker.network.driver.mtu', '0'],
  ['com.docker.network.driver.mtu', '20'],
  ['com.docker.network.driver.mtu', '100000'],
  ['com.docker.network.host_ipv4', 'somewhere'],
  ['com.docker.network.host_ipv4', '192.0.2.1'],
  ['com.docker.network.host_ipv6', 'somewhere', NEWEST],
  ['com.docker.network.container_iface_prefix', ''],
  ['com.docker.network.container_iface_prefix', 'much-too-long-a-name'],
  ['com.docker.network.advertise_addr_nmsgs', '9', NEWEST],
  ['com.docker.network.advertise_addr_ms', '1', NEWEST],
  ['com.docker.network.enable_ipv6', 'maybe'],
  [`${BRIDGE}.colour`, 'green'],
  ['com.docker.network.colour', 'green'],
  ['colour', 'green'],
]

const given = ([key, value, needs]: Value): Behaviour => ({
  name: `-o ${key}=${value}`,
  ...(needs ? { needs } : {}),
  // A container has to come up on it as well: some values are not looked at before.
  observe: (world) =>
    attempt(async () => world.idle('srv', await world.network('odd', '-o', `${key}=${value}`)), {
      'the option': key,
    }),
})

export const optionValues: Group = { name: 'values of options', behaviours: values.map(given) }
