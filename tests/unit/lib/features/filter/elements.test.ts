import t from 'tap'
import { ownedElements } from '../../../../../lib/engine/elements.ts'
import {
  aloneElements,
  planGate,
  planRules,
  wantedElements,
} from '../../../../../lib/features/filter/elements.ts'
import { areTables } from '../../../../../lib/features/filter/verify.ts'
import { parseFilter } from '../../../../../lib/kernel/iptables.ts'
import { type Element, elementWords } from '../../../../../lib/kernel/nft/element.ts'
import type { ListedTable } from '../../../../../lib/kernel/nft/show.ts'
import { BRIDGE_CHAINS, INET_CHAINS } from '../../../../../lib/kernel/nft/table.ts'
import type { EndpointSpec } from '../../../../../lib/model/endpoint.ts'
import type { NetworkSpec, Passage } from '../../../../../lib/model/network.ts'
import type { PublishedPort } from '../../../../../lib/model/port.ts'
import { typed } from '../../../../support/fake-host.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../../../../support/messages.ts'

const GATE = '-m mark --mark 0x1000/0x1000 -m comment --comment sluice -j ACCEPT'
const POLICIES = ['-P INPUT ACCEPT', '-P FORWARD DROP', '-P OUTPUT ACCEPT']
const OPEN = ['-P INPUT ACCEPT', '-P FORWARD ACCEPT', '-P OUTPUT ACCEPT']
const CHAINS = ['-N DOCKER', '-N DOCKER-ISOLATION-STAGE-1', '-N DOCKER-USER', '-A FORWARD -j DOCKER-USER']
const IN_USER = `-A DOCKER-USER ${GATE}`
const IN_FORWARD = `-A FORWARD ${GATE}`
const RETURN = '-A DOCKER-USER -j RETURN'
const ADMIN = '-A DOCKER-USER -s 203.0.113.0/24 -j DROP'
const EARLY = '-A DOCKER-USER -s 10.0.0.0/8 -j RETURN'
/** As engines from 28.1 on have it, with ufw behind. */
const BEHIND = ['-A FORWARD -j DOCKER-FORWARD', '-A FORWARD -j ufw-before-forward']
/** As engines up to 27 have it. */
const OLDER = [
  '-A FORWARD -j DOCKER-ISOLATION-STAGE-1',
  '-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-A FORWARD -o docker0 -j DOCKER',
  '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
]

const cases: Record<string, [rules: string[], wanted: boolean, commands: string[]]> = {
  'goes before the RETURN of engine 20.10': [
    [...POLICIES, ...CHAINS, RETURN],
    true,
    [`-I DOCKER-USER 1 ${GATE}`],
  ],
  'goes first into the empty chain of engine 28': [
    [...POLICIES, ...CHAINS],
    true,
    [`-I DOCKER-USER 1 ${GATE}`],
  ],
  "goes behind the administrator's rules": [
    [...POLICIES, ...CHAINS, ADMIN, ADMIN],
    true,
    [`-I DOCKER-USER 3 ${GATE}`],
  ],
  "goes between the administrator's rules and RETURN": [
    [...POLICIES, ...CHAINS, ADMIN, RETURN],
    true,
    [`-I DOCKER-USER 2 ${GATE}`],
  ],
  'goes into FORWARD when that drops and there is no DOCKER-USER': [POLICIES, true, [`-I FORWARD 1 ${GATE}`]],
  'goes behind what FORWARD has': [
    [...POLICIES, '-A FORWARD -i eth0 -j LOG'],
    true,
    [`-I FORWARD 2 ${GATE}`],
  ],
  'is not needed where nothing drops': [OPEN, true, []],
  'is not needed where there is no filter at all': [[''], true, []],
  'stays when it is there': [[...POLICIES, ...CHAINS, IN_USER], true, []],
  'stays when it is there, before RETURN': [[...POLICIES, ...CHAINS, ADMIN, IN_USER, RETURN], true, []],
  'stays when it is there, in quotes': [
    [...POLICIES, ...CHAINS, IN_USER.replace('sluice', '"sluice"')],
    true,
    [],
  ],
  'stays in FORWARD': [[...POLICIES, IN_FORWARD], true, []],
  'is there once, not twice': [
    [...POLICIES, ...CHAINS, IN_USER, IN_USER, RETURN],
    true,
    [`-D DOCKER-USER ${GATE}`, `-D DOCKER-USER ${GATE}`, `-I DOCKER-USER 1 ${GATE}`],
  ],
  'moves from FORWARD once the engine has come': [
    [...POLICIES, ...CHAINS, IN_FORWARD],
    true,
    [`-D FORWARD ${GATE}`, `-I DOCKER-USER 1 ${GATE}`],
  ],
  'moves away where FORWARD drops no more': [[...OPEN, IN_FORWARD], true, [`-D FORWARD ${GATE}`]],
  'moves before a RETURN that hides it': [
    [...POLICIES, ...CHAINS, RETURN, IN_USER],
    true,
    [`-D DOCKER-USER ${GATE}`, `-I DOCKER-USER 1 ${GATE}`],
  ],
  'moves behind what the administrator refuses': [
    [...POLICIES, ...CHAINS, IN_USER, ADMIN, RETURN],
    true,
    [`-D DOCKER-USER ${GATE}`, `-I DOCKER-USER 2 ${GATE}`],
  ],
  "goes behind Docker's rules in FORWARD, where some are sent back early": [
    [...POLICIES, ...CHAINS, ...BEHIND, EARLY, ADMIN],
    true,
    [`-I FORWARD 3 ${GATE}`],
  ],
  'goes there where some go on to another chain for good': [
    [...POLICIES, ...CHAINS, ...BEHIND, '-A DOCKER-USER -i eth0 -g mine', RETURN],
    true,
    [`-I FORWARD 3 ${GATE}`],
  ],
  'goes there where all are sent back early': [
    [...POLICIES, ...CHAINS, ...BEHIND, RETURN, ADMIN],
    true,
    [`-I FORWARD 3 ${GATE}`],
  ],
  "goes behind the last jump to a chain of Docker's": [
    [...POLICIES, ...CHAINS, ...OLDER, EARLY, RETURN],
    true,
    [`-I FORWARD 5 ${GATE}`],
  ],
  'goes into FORWARD where nothing comes to DOCKER-USER': [
    [...POLICIES, '-N DOCKER-USER', '-A FORWARD -i eth0 -j LOG'],
    true,
    [`-I FORWARD 2 ${GATE}`],
  ],
  'is not needed where nothing comes to DOCKER-USER and nothing drops': [
    [...OPEN, '-N DOCKER-USER'],
    true,
    [],
  ],
  "goes behind Docker's rules whatever the policy is: others may refuse what comes behind": [
    [...OPEN, '-A FORWARD -j DOCKER-FORWARD', '-A FORWARD -j REJECT'],
    true,
    [`-I FORWARD 2 ${GATE}`],
  ],
  "stays behind Docker's rules": [
    [...POLICIES, ...CHAINS, BEHIND[0] as string, IN_FORWARD, BEHIND[1] as string, EARLY],
    true,
    [],
  ],
  "moves behind Docker's rules": [
    [...POLICIES, ...CHAINS, IN_FORWARD, ...BEHIND, EARLY],
    true,
    [`-D FORWARD ${GATE}`, `-I FORWARD 3 ${GATE}`],
  ],
  'moves there once some are sent back early': [
    [...POLICIES, ...CHAINS, ...BEHIND, EARLY, IN_USER],
    true,
    [`-D DOCKER-USER ${GATE}`, `-I FORWARD 3 ${GATE}`],
  ],
  'moves back to DOCKER-USER once nobody is': [
    [...POLICIES, ...CHAINS, BEHIND[0] as string, IN_FORWARD, BEHIND[1] as string, ADMIN],
    true,
    [`-D FORWARD ${GATE}`, `-I DOCKER-USER 2 ${GATE}`],
  ],
  'goes when it is not wanted': [
    [...POLICIES, ...CHAINS, IN_USER, RETURN],
    false,
    [`-D DOCKER-USER ${GATE}`],
  ],
  'goes from everywhere when it is not wanted': [
    [...POLICIES, ...CHAINS, IN_USER, IN_FORWARD],
    false,
    [`-D FORWARD ${GATE}`, `-D DOCKER-USER ${GATE}`],
  ],
  'is not wanted and not there': [[...POLICIES, ...CHAINS, RETURN], false, []],
  "leaves somebody else's rules alone": [
    [
      ...POLICIES,
      '-A FORWARD -m comment --comment sluicegate -j ACCEPT',
      '-A FORWARD -m comment --comment sluice -j DROP',
    ],
    false,
    [],
  ],
}

for (const [name, [rules, wanted, commands]] of Object.entries(cases))
  t.test(`planGate(): the gate ${name}`, async (t) => {
    for (const backend of ['iptables-nft', 'ip6tables-legacy'] as const)
      t.strictSame(
        planGate(backend, parseFilter(rules.join('\n')), wanted).map(typed),
        commands.map((line) => `${backend} ${line}`),
      )
  })

t.test('planGate() finds nothing to do once it has been done', async (t) => {
  for (const chain of [[], [RETURN], [ADMIN], [ADMIN, RETURN]]) {
    const [command] = planGate(
      'iptables-nft',
      parseFilter([...POLICIES, ...CHAINS, ...chain].join('\n')),
      true,
    )
    const at = Number(/^-I DOCKER-USER (\d+)/.exec(command?.line ?? '')?.[1]) - 1
    const after = [...POLICIES, ...CHAINS, ...chain.toSpliced(at, 0, IN_USER)]
    t.strictSame(
      planGate('iptables-nft', parseFilter(after.join('\n')), true),
      [],
      after.slice(-3).join('; '),
    )
  }
})

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
