import t from 'tap'
import { askTools, type Tools, toolVersions, unfitTools } from '../../../../lib/kernel/tools.ts'
import { fakeHost } from '../../../support/fake-host.ts'
import { FIT } from '../../fixtures/abilities.ts'

type Says = readonly [iproute2: string, nft: string, iptables: string, conntrack: string]

const answers = ([iproute2, nft, iptables, conntrack]: Says): Record<string, string> => ({
  'ip -V': `ip utility, ${iproute2}\n`,
  'tc -V': `tc utility, ${iproute2}\n`,
  'nft -v': `${nft}\n`,
  'iptables-nft --version': `${iptables}\n`,
  'conntrack --version': `${conntrack}\n`,
})

const ask = (said: Readonly<Record<string, string>>, refused: Readonly<Record<string, string>> = {}) =>
  toolVersions(askTools(fakeHost({ answer: (line) => said[line], fail: (line) => refused[line] })))

const OLD_TC = (version: string) =>
  ['ip', 'tc'].map((program) => `cannot rely on ${program} ${version}: iproute2 6.1 or newer is needed`)

/** What each release's programs print, their versions, and what is wrong with them. */
const releases: Record<string, [Says, versions: Says, faults: string[]]> = {
  'Debian 12': [
    [
      'iproute2-6.1.0, libbpf 1.1.2',
      'nftables v1.0.6 (Lester Gooch #5)',
      'iptables v1.8.9 (nf_tables)',
      'conntrack v1.4.7 (conntrack-tools)',
    ],
    ['6.1.0', '1.0.6', '1.8.9', '1.4.7'],
    [],
  ],
  'Debian 13': [
    [
      'iproute2-6.15.0, libbpf 1.5.0',
      'nftables v1.1.3 (Commodore Bullmoose #4)',
      'iptables v1.8.11 (nf_tables)',
      'conntrack v1.4.8 (conntrack-tools)',
    ],
    ['6.15.0', '1.1.3', '1.8.11', '1.4.8'],
    [],
  ],
  'the Debian after it': [
    [
      'iproute2-7.2.0, libbpf 1.7.0',
      'nftables v1.1.7 (Commodore Bullmoose #8)',
      'iptables v1.8.13 (nf_tables)',
      'conntrack v1.4.9 (conntrack-tools)',
    ],
    ['7.2.0', '1.1.7', '1.8.13', '1.4.9'],
    [],
  ],
  'Ubuntu 24.04': [
    [
      'iproute2-6.1.0, libbpf 1.3.0',
      'nftables v1.0.9 (Old Doc Yak #3)',
      'iptables v1.8.10 (nf_tables)',
      'conntrack v1.4.8 (conntrack-tools)',
    ],
    ['6.1.0', '1.0.9', '1.8.10', '1.4.8'],
    [],
  ],
  'Ubuntu 22.04': [
    [
      'iproute2-5.15.0, libbpf 0.5.0',
      'nftables v1.0.2 (Lester Gooch)',
      'iptables v1.8.7 (nf_tables)',
      'conntrack v1.4.6 (conntrack-tools)',
    ],
    ['5.15.0', '1.0.2', '1.8.7', '1.4.6'],
    OLD_TC('5.15.0'),
  ],
  'Debian 11': [
    [
      'iproute2-5.9.0, libbpf 0.3.0',
      'nftables v0.9.8 (E.D.S.)',
      'iptables v1.8.7 (nf_tables)',
      'conntrack v1.4.6 (conntrack-tools)',
    ],
    ['5.9.0', '0.9.8', '1.8.7', '1.4.6'],
    [...OLD_TC('5.9.0'), 'cannot rely on nft 0.9.8: nftables 1.0.2 or newer is needed'],
  ],
}

for (const [name, [said, [iproute2, nft, iptables, conntrack], faults]] of Object.entries(releases))
  t.test(`the tools of ${name}`, async (t) => {
    const tools = await ask(answers(said))
    t.strictSame(tools, { ip: iproute2, tc: iproute2, nft, iptables, conntrack })
    t.strictSame(unfitTools(tools), faults)
  })

t.test('tools that are not there, or answer otherwise', async (t) => {
  const [said] = releases['Debian 13'] as [Says, Says, string[]]
  const refused = {
    'conntrack --version': 'Command failed with ENOENT: conntrack --version\nspawn conntrack ENOENT',
    'nft -v': 'nft: error while loading shared libraries: libnftables.so.1',
  }
  const tools = await ask({ ...answers(said), 'ip -V': 'BusyBox v1.36.1 multi-call binary.' }, refused)
  t.strictSame(tools, { ip: 'unknown', tc: '6.15.0', nft: 'unknown', iptables: '1.8.11', conntrack: null })
  t.strictSame(unfitTools(tools), [
    'cannot rely on ip unknown: iproute2 6.1 or newer is needed',
    'cannot rely on nft unknown: nftables 1.0.2 or newer is needed',
    'cannot find conntrack: conntrack 1.4.6 or newer is needed',
  ])
})

const nft = (version: string): Tools => ({ ...FIT, nft: version })

t.test('versions are compared number by number', async (t) => {
  t.strictSame(unfitTools(FIT), [])
  for (const version of ['1.0.2', '1.0.10', '1.1', '1.10.0', '2', '10.0.0'])
    t.strictSame(unfitTools(nft(version)), [], version)
  for (const version of ['0.9.9', '1.0', '1.0.1', '1', '0.10.9', ''])
    t.equal(unfitTools(nft(version)).length, 1, version)
  const ancient = await ask({ 'tc -V': 'tc utility, iproute2-ss200127\n' })
  t.equal(ancient.tc, 'ss200127')
  t.match(unfitTools({ ...FIT, tc: ancient.tc }), [
    'cannot rely on tc ss200127: iproute2 6.1 or newer is needed',
  ])
})
