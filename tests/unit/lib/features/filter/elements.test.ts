import t from 'tap'
import { ownedElements } from '../../../../../lib/engine/elements.ts'
import { aloneElements, planRules, wantedElements } from '../../../../../lib/features/filter/elements.ts'
import { areTables } from '../../../../../lib/features/filter/verify.ts'
import { type Element, elementWords } from '../../../../../lib/kernel/nft/element.ts'
import type { ListedTable } from '../../../../../lib/kernel/nft/show.ts'
import { BRIDGE_CHAINS, INET_CHAINS } from '../../../../../lib/kernel/nft/table.ts'
import type { EndpointSpec } from '../../../../../lib/model/endpoint.ts'
import type { NetworkSpec, Passage } from '../../../../../lib/model/network.ts'
import type { PublishedPort } from '../../../../../lib/model/port.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../../../../support/messages.ts'

/** What the plan adds to sets, or takes from them: the rest is the same for every network. */
const elements = (text: string, verb = 'add'): string[] =>
  [...text.matchAll(new RegExp(`^${verb} element \\w+ sluice (.+)$`, 'gm'))].map(
    ([, element]) => element as string,
  )

const BRIDGE = '"sl-a10000000000"'
const WITHIN = `within { ${BRIDGE} . ${BRIDGE} }`
const SUBNET4 = 'subnets4 { 10.9.0.0/24 }'
const SUBNET6 = 'subnets6 { fd09::/64 }'
const NAT4 = 'masquerade4 { 10.9.0.0/24 }'
const NAT6 = 'masquerade6 { fd09::/64 }'
const dual = (passage: Passage) => ({ ipv6: [IPV6_SUBNET], passage })

const rules: Record<string, [Parameters<typeof networkSpec>[0], string[]]> = {
  'an IPv4 network': [{}, [WITHIN, SUBNET4, NAT4]],
  'a dual-stack network': [{ ipv6: [IPV6_SUBNET] }, [WITHIN, SUBNET4, NAT4, SUBNET6, NAT6]],
  'an internal network, which leaves nothing out': [
    { internal: true, ipv6: [IPV6_SUBNET] },
    [WITHIN, `internal { ${BRIDGE} }`, SUBNET4, SUBNET6],
  ],
  'a network without masquerading': [{ masquerade: false }, [WITHIN, SUBNET4]],
  'a network whose containers are alone': [
    { passage: { icc: false } },
    [`alone { ${BRIDGE} }`, SUBNET4, NAT4],
  ],
  'a network that trusts an interface': [
    { passage: { trusted: ['eth1', 'wg0'] } },
    [WITHIN, `trusted { "eth1" . ${BRIDGE} }`, `trusted { "wg0" . ${BRIDGE} }`, SUBNET4, NAT4],
  ],
  'a network that is routed by IPv4': [
    dual({ mode4: 'routed' }),
    [WITHIN, SUBNET4, `routed { ${BRIDGE} . ipv4 }`, SUBNET6, NAT6],
  ],
  'a network that is routed by IPv6': [
    dual({ mode6: 'routed' }),
    [WITHIN, SUBNET4, NAT4, SUBNET6, `routed { ${BRIDGE} . ipv6 }`],
  ],
  'a network that is not protected': [
    dual({ mode4: 'nat-unprotected', mode6: 'nat-unprotected' }),
    [
      ...[WITHIN, SUBNET4, NAT4, `exposed { ${BRIDGE} . ipv4 }`],
      ...[SUBNET6, NAT6, `exposed { ${BRIDGE} . ipv6 }`],
    ],
  ],
  'a network with addresses of its own outside': [
    dual({ source4: '192.0.2.1', source6: '2001:db8::1' }),
    [
      ...[WITHIN, SUBNET4, 'source4 { 10.9.0.0/24 : 192.0.2.1 }'],
      ...[SUBNET6, 'source6 { fd09::/64 : 2001:db8::1 }'],
    ],
  ],
}

for (const [name, [changes, expected]] of Object.entries(rules))
  t.test(`planRules() gives the elements of ${name}, and takes back the same`, async (t) => {
    const [only, ...more] = planRules(networkSpec(changes), [])
    const all = [`bridges { ${BRIDGE} }`, ...expected]
    t.strictSame(elements(only?.apply.line ?? ''), all)
    t.strictSame(
      only?.revert?.flatMap(({ line }) => elements(line, 'delete')),
      all.map((one) => one.replace(/ : .* }/, ' }')),
    )
    t.strictSame(more, [])
  })

t.test(
  'planRules() names the devices that lead out of the host, and leaves them when it is taken back',
  async (t) => {
    const [only] = planRules(networkSpec(), ['eth0', 'br-lan'])
    t.strictSame(elements(only?.apply.line ?? '').slice(-2), ['outward { "eth0" }', 'outward { "br-lan" }'])
    t.notMatch(elements(only?.revert?.[0]?.line ?? '', 'delete').join(), 'outward')
  },
)

t.test('aloneElements() has the links of a network whose containers are alone', async (t) => {
  const words = (passage: Passage) =>
    aloneElements(networkSpec({ passage }), endpointSpec()).map(({ set }) => set)
  t.strictSame(words({ icc: false }), ['alone'])
  t.strictSame(words({}), [])
})

const port = (change: Partial<PublishedPort> = {}): PublishedPort => ({
  ...{ proto: 'tcp', host: '0.0.0.0', hostPort: 8080, port: 80 },
  ...change,
})

/** All that one network with one endpoint has in the tables. */
const wanted = (network: NetworkSpec, endpoint: EndpointSpec, outward: readonly string[] = []) =>
  wantedElements(ownedElements(network, [endpoint]), outward).elements

const listed = (elements: readonly Element[], chains = INET_CHAINS): ListedTable => ({
  chains,
  sets: new Map(
    [...Map.groupBy(elements, ({ set }) => set)].map(([set, all]) => [set, all.map(elementWords)]),
  ),
})

const withRule = ([first = '', ...rest]: readonly string[]) => [`${first} unmarked`, ...rest]
const withoutRule = ([first = '', ...rest]: readonly string[]) => [first.replace(/ \S+$/, ''), ...rest]

t.test('areTables() knows the tables with all their elements, and no others', async (t) => {
  const network = networkSpec()
  const guarded = (ports: readonly PublishedPort[]) =>
    wanted(network, endpointSpec({ address4: '10.9.0.2', ports }), ['eth0'])
  const right = guarded([port()])
  t.ok(areTables(right, listed(right), undefined))
  t.notOk(areTables(right, undefined, undefined), 'no table')
  t.notOk(areTables(right, listed(right, withRule(INET_CHAINS)), undefined), 'another rule')
  t.notOk(areTables(right, listed(right, INET_CHAINS.slice(1)), undefined), 'a chain is missing')
  t.notOk(areTables(right, listed(guarded([])), undefined), 'a port is missing')
  t.notOk(areTables(guarded([]), listed(right), undefined), 'a port too many')
  t.notOk(areTables(right, listed(guarded([port({ port: 81 })])), undefined), 'another port behind it')
  t.notOk(
    areTables(right, listed(right), listed([], BRIDGE_CHAINS)),
    'a table of family bridge that nobody needs',
  )
})

t.test('areTables() wants the table of family bridge where containers are alone', async (t) => {
  const network = networkSpec({ passage: { icc: false } })
  const all = wanted(network, endpointSpec())
  const [alone, rest] = [true, false].map((is) => all.filter(({ set }) => (set === 'alone') === is))
  t.ok(areTables(all, listed(rest ?? []), listed(alone ?? [], BRIDGE_CHAINS)))
  t.notOk(areTables(all, listed(rest ?? []), undefined), 'it is gone')
  t.notOk(areTables(all, listed(rest ?? []), listed([], BRIDGE_CHAINS)), 'it is empty')
  t.notOk(
    areTables(all, listed(rest ?? []), listed(alone ?? [], withoutRule(BRIDGE_CHAINS))),
    'a rule of it is gone',
  )
})
