import t from 'tap'
import { parseFilter } from '../../../../lib/kernel/iptables.ts'
import { planGate, planRules } from '../../../../lib/plan/firewall.ts'
import { typed } from '../../../support/fake-host.ts'
import { IPV6_SUBNET, networkSpec } from '../../../support/messages.ts'

const GATE = '-m mark --mark 0x1000/0x1000 -m comment --comment sluice -j ACCEPT'
const POLICIES = ['-P INPUT ACCEPT', '-P FORWARD DROP', '-P OUTPUT ACCEPT']
const OPEN = ['-P INPUT ACCEPT', '-P FORWARD ACCEPT', '-P OUTPUT ACCEPT']
const CHAINS = ['-N DOCKER', '-N DOCKER-ISOLATION-STAGE-1', '-N DOCKER-USER', '-A FORWARD -j DOCKER-USER']
const IN_USER = `-A DOCKER-USER ${GATE}`
const IN_FORWARD = `-A FORWARD ${GATE}`
const RETURN = '-A DOCKER-USER -j RETURN'
const ADMIN = '-A DOCKER-USER -s 203.0.113.0/24 -j DROP'

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
  [...text.matchAll(new RegExp(`^${verb} element inet sluice (.+)$`, 'gm'))].map(
    ([, element]) => element as string,
  )

const rules: Record<string, [Parameters<typeof networkSpec>[0], string[]]> = {
  'an IPv4 network': [{}, ['masquerade4 { 10.9.0.0/24 }']],
  'a dual-stack network': [
    { ipv6: [IPV6_SUBNET] },
    ['masquerade4 { 10.9.0.0/24 }', 'masquerade6 { fd09::/64 }'],
  ],
  'an internal network, which leaves nothing out': [
    { internal: true, ipv6: [IPV6_SUBNET] },
    ['internal { "sl-a10000000000" }'],
  ],
  'a network that is routed': [{ masquerade: false }, []],
}

for (const [name, [changes, expected]] of Object.entries(rules))
  t.test(`planRules() gives the elements of ${name}, and takes back the same`, async (t) => {
    const [only, ...more] = planRules(networkSpec(changes), [])
    const all = [
      'bridges { "sl-a10000000000" }',
      'within { "sl-a10000000000" . "sl-a10000000000" }',
      ...expected,
    ]
    t.strictSame(elements(only?.apply.line ?? ''), all)
    t.strictSame(
      only?.revert?.flatMap(({ line }) => elements(line, 'delete')),
      all,
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
