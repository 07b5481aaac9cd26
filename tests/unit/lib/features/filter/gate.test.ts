import t from 'tap'
import { planGate } from '../../../../../lib/features/filter/gate.ts'
import { parseFilter } from '../../../../../lib/kernel/iptables.ts'
import { typed } from '../../../../support/fake-host.ts'

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
