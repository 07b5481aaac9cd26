import t from 'tap'
import { parseNetworkOptions } from '../../../../plugin/options/parse.ts'
import { isOption, OPTIONS } from '../../../../plugin/options/table.ts'

const BRIDGE = 'com.docker.network.bridge'
const passage = (given: Readonly<Record<string, string>>) => parseNetworkOptions(given).passage

t.test('what Docker does without a word is not in the passage, even if it is said', async (t) => {
  t.strictSame(
    passage({
      [`${BRIDGE}.enable_icc`]: 'true',
      [`${BRIDGE}.gateway_mode_ipv4`]: 'nat',
      [`${BRIDGE}.gateway_mode_ipv6`]: 'NAT',
      [`${BRIDGE}.host_binding_ipv4`]: '0.0.0.0',
      [`${BRIDGE}.trusted_host_interfaces`]: '',
      [`${BRIDGE}.default_bridge`]: 'false',
    }),
    {},
  )
})

t.test('everything else is, each at its place', async (t) => {
  t.strictSame(
    passage({
      [`${BRIDGE}.enable_icc`]: 'false',
      [`${BRIDGE}.gateway_mode_ipv4`]: 'routed',
      [`${BRIDGE}.gateway_mode_ipv6`]: 'nat-unprotected',
      [`${BRIDGE}.host_binding_ipv4`]: '127.0.0.1',
      [`${BRIDGE}.trusted_host_interfaces`]: 'Eth1:wg0',
      'com.docker.network.host_ipv4': '192.0.2.1',
      'com.docker.network.host_ipv6': '2001:DB8:0::1',
    }),
    {
      icc: false,
      mode4: 'routed',
      mode6: 'nat-unprotected',
      source4: '192.0.2.1',
      source6: '2001:db8::1',
      trusted: ['Eth1', 'wg0'],
      binding4: '127.0.0.1',
    },
  )
})

/** What the engine puts beside an attachment's options (moby, netlabel/labels.go). */
const LABELS = [
  'portmap',
  'endpoint.exposedports',
  'endpoint.macaddress',
  'endpoint.dnsservers',
  'endpoint.name',
  'endpoint.sysctls',
  'endpoint.ifname',
  'driver.private.no_proxy_6to4',
]

t.test("no option has the name of an engine's own label, and Docker's are a network's", async (t) => {
  for (const label of LABELS) t.notOk(isOption(`com.docker.network.${label}`), label)
  for (const [key, { scopes }] of Object.entries(OPTIONS))
    if (key.startsWith('com.docker.')) t.strictSame(scopes, ['network'], key)
})
