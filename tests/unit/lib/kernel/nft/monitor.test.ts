import t from 'tap'
import { followRuleset, isSuspicious } from '../../../../../lib/kernel/nft/monitor.ts'
import { fakeHost } from '../../../../support/fake-host.ts'

const GATE = 'ip filter DOCKER-USER meta mark & 0x00001000 == 0x00001000'

/** Transactions as nft 1.0.6 and 1.1.7 tell of them. */
const suspicious: Record<string, string[]> = {
  'our table is deleted': [
    'delete rule inet sluice pass handle 23',
    'delete chain inet sluice pass',
    'delete table inet sluice',
  ],
  'the table of family bridge is deleted': ['delete table bridge sluice'],
  'our rules are flushed': ['delete rule inet sluice forward handle 34'],
  'all rules are flushed': ['delete table ip filter', 'delete table inet sluice', 'delete table inet other'],
  'all are flushed, and others loaded': ['delete table inet sluice', 'add table inet filter'],
  'FORWARD is flushed': ['delete rule ip filter FORWARD handle 3'],
  'DOCKER-USER is flushed, of IPv6': ['delete rule ip6 filter DOCKER-USER handle 7'],
  'DOCKER-USER comes': ['create chain ip filter DOCKER-USER'],
  'DOCKER-USER goes': ['delete chain ip filter DOCKER-USER'],
  'an administrator appends': ['add rule ip filter DOCKER-USER ip saddr 203.0.113.0/24 counter drop'],
  'Docker puts itself first': ['insert rule ip filter FORWARD counter packets 0 bytes 0 jump DOCKER-USER'],
  'FORWARD drops': ['add chain ip filter FORWARD { type filter hook forward priority filter; policy drop; }'],
  'the gate comes with more': [
    `insert rule ${GATE}  counter packets 0 bytes 0 accept`,
    'delete rule ip filter FORWARD handle 3',
  ],
}

const innocent: Record<string, string[]> = {
  'our table is made': [
    'add table inet sluice',
    'add chain inet sluice pass',
    'add rule inet sluice pass accept',
  ],
  'our table is made anew': [
    'delete chain inet sluice pass',
    'delete table inet sluice',
    'add table inet sluice',
    'add rule inet sluice pass accept',
  ],
  'the gate comes, as nft 1.0.6 tells': [`insert rule ${GATE}  counter packets 0 bytes 0 accept`],
  'the gate comes, as nft 1.1.7 tells': [
    `add rule ${GATE} comment "sluice" counter packets 0 bytes 0 accept`,
  ],
  'Docker publishes a port': [
    'add rule ip filter DOCKER iifname != "docker0" oifname "docker0" ip daddr 172.17.0.2 tcp dport 80 accept',
    'add rule ip nat DOCKER iifname != "docker0" tcp dport 8080 dnat to 172.17.0.2:80',
    'add rule ip raw PREROUTING iifname != "docker0" ip daddr 172.17.0.2 drop',
  ],
  'others have chains of the same name': [
    'delete rule ip mangle FORWARD handle 3',
    'delete rule inet filter FORWARD handle 3',
    'add rule ip filter FORWARD_direct accept',
  ],
  'others delete tables of theirs': [
    'delete table inet firewalld',
    'delete table ip sluice',
    'delete table inet sluice2',
  ],
  'nothing that has a name of ours': [],
}

for (const [name, lines] of Object.entries(suspicious))
  t.test(`isSuspicious(): ${name}`, async (t) => t.ok(isSuspicious(lines)))
for (const [name, lines] of Object.entries(innocent))
  t.test(`isSuspicious(): not when ${name}`, async (t) => t.notOk(isSuspicious(lines)))

/** @returns how often what was printed was suspicious, and how it ended */
async function follow(printed: readonly string[]): Promise<[number, string | undefined]> {
  let times = 0
  const host = {
    ...fakeHost(),
    watch: async (
      _program: string,
      _args: readonly string[],
      hear: (line: string) => void,
      signal: AbortSignal,
    ) => {
      for (const line of printed) if (!signal.aborted) hear(line)
      return 'the end'
    },
  }
  const ended = await followRuleset(host, () => times++, new AbortController().signal)
  return [times, ended]
}

const END = '# new generation 7 by process 2732 (nft)'

t.test('followRuleset() tells of a suspicious transaction once it has ended', async (t) => {
  const gone = 'delete table inet sluice'
  t.strictSame(await follow([gone]), [0, 'the end'], 'it has not')
  t.strictSame(await follow([gone, gone, END]), [1, 'the end'])
  t.strictSame(await follow([gone, END, 'add table inet other', END, gone, END]), [2, 'the end'])
  t.strictSame(await follow(['add element inet sluice bridges { "sl-a" }', END]), [0, 'the end'])
})

t.test('followRuleset() suspects the worst of what it has missed', async (t) =>
  t.strictSame(await follow(['# ERROR: We lost some netlink events!']), [1, 'the end']),
)

t.test('followRuleset() ends for a new one once nft remembers thousands of elements', async (t) => {
  const elements = (count: number): string[] =>
    Array(count).fill('add element inet other known { 192.0.2.1 }')
  t.strictSame(await follow(elements(2999)), [0, 'the end'])
  t.strictSame(await follow(elements(3000)), [0, undefined])
})
