import t from 'tap'
import type { Program } from '../../lib/kernel/command.ts'
import { CommandError, type Failure } from '../../lib/kernel/command-error.ts'
import { realHost } from '../../lib/kernel/host.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'

const scene = [
  'ip link add x type bridge',
  'ip addr add 10.0.0.1/24 dev x',
  'ip addr add fd00::1/64 dev x nodad',
  'ip link add i type ifb',
  'tc qdisc add dev i root handle 1: htb default 10',
  'tc class add dev i parent 1: classid 1:1 htb rate 1mbit',
  'tc filter add dev i parent 1: prio 1 handle 2: protocol all u32 divisor 256',
  'iptables-nft -N MINE',
  'iptables-legacy -N MINE',
]

const prepared = async (): Promise<Namespace> => {
  const host = await namespaceHost()
  for (const line of scene) await host.sh(line)
  return host
}

/** What each word of the table is said to. */
const provocations: Record<Exclude<Failure, 'other'>, [said: RegExp, program: Program, line: string][]> = {
  exists: [
    [/File exists/, 'ip', 'link add name x type bridge'],
    [/already assigned/, 'ip', 'addr add 10.0.0.1/24 dev x'],
    [/already assigned/, 'ip', 'addr add fd00::1/64 dev x'],
    [/Exclusivity flag on/, 'tc', 'qdisc add dev i root handle 1: htb'],
    [/NLM_F_REPLACE needed/, 'tc', 'qdisc add dev i root handle 2: htb'],
    [/File exists/, 'nft', 'create table inet a\ncreate table inet a'],
    [
      /Filter already exists/,
      'tc',
      'filter add dev i parent 1: prio 1 handle 2: protocol all u32 divisor 256',
    ],
  ],
  missing: [
    [/Cannot find device/, 'ip', 'link del dev nope'],
    [/Cannot find device/, 'tc', 'qdisc replace dev nope root handle 1: htb'],
    [/does not exist/, 'ip', 'link show dev nope'],
    [/does not exist/, 'ip', 'link set dev x master nope'],
    [/No such file or directory/, 'nft', 'delete table inet nope'],
    [/No such file or directory/, 'tc', 'class del dev i classid 1:99'],
    [/No such file or directory/, 'sysctl', 'ipv6/conf/nope/accept_ra=0'],
    [/No such device/, 'ip', 'link del dev if999'],
    [/Address not found/, 'ip', 'addr del 10.9.9.9/24 dev x'],
    [/handle of zero/, 'tc', 'qdisc del dev x root'],
    [/Cannot find specified/, 'tc', 'qdisc del dev x ingress'],
    [
      /Specified filter handle not found/,
      'tc',
      'filter del dev i parent 1: prio 1 handle 2:5:1 protocol all u32',
    ],
    [/Parent Qdisc doesn't exist/, 'tc', 'filter del dev x parent 1: prio 1 handle 2:5:1 protocol all u32'],
    [
      /Specified class doesn't exist/,
      'tc',
      'filter add dev i parent 1:99 prio 1 protocol all u32 match u32 0 0 flowid 1:1',
    ],
    [/Specified class not found/, 'tc', 'qdisc del dev i parent 1:77'],
    [/Invalid handle/, 'tc', 'qdisc del dev i root handle 5:'],
    [/does a matching rule exist/, 'iptables-nft', '-D MINE -j ACCEPT'],
    [/does a matching rule exist/, 'iptables-legacy', '-D MINE -j ACCEPT'],
    [/No chain\/target\/match/, 'iptables-nft', '-I NOPE 1 -j ACCEPT'],
    [/No chain\/target\/match/, 'iptables-legacy', '-I NOPE 1 -j ACCEPT'],
  ],
  denied: [
    [/Operation not permitted/, 'ip', 'link add name y type bridge'],
    [/Operation not permitted/, 'tc', 'qdisc add dev x root pfifo'],
    [/Operation not permitted/, 'nft', 'add table inet y'],
    [/Permission denied/, 'sysctl', 'ipv4/ip_forward=1'],
    [/Permission denied/, 'iptables-nft', '-N OTHER'],
  ],
  unsupported: [
    [/Unknown device type/, 'ip', 'link add name y type nonsense'],
    [/Specified qdisc kind is unknown/, 'tc', 'qdisc add dev x root nonsense'],
    [/Operation not supported/, 'ip', 'link set dev i master lo'],
  ],
}

for (const [failure, cases] of Object.entries(provocations))
  t.test(`the programs' own words for ${failure} are understood`, async (t) => {
    using host = await prepared()
    const plain = ['setpriv', '--reuid=65534', '--clear-groups']
    const asked = failure === 'denied' ? realHost({ prefix: [...host.prefix, ...plain] }) : host
    for (const [said, program, line] of cases) {
      const error = await asked.run(program, [line], 'strict').then(
        () => undefined,
        (reason: unknown) => reason,
      )
      t.ok(error instanceof CommandError, `${program} ${line} fails`)
      t.match(error, { failure, stderr: said, program, index: 0 }, `${program} ${line}`)
    }
  })

t.test('a /proc/sys that is read-only is understood as denied', async (t) => {
  using host = await namespaceHost()
  const shell =
    'mount --bind /proc/sys/net /proc/sys/net && mount -o remount,ro,bind /proc/sys/net && exec "$@"'
  const sealed = realHost({ prefix: [...host.prefix, 'unshare', '--mount', 'sh', '-c', shell, 'sh'] })
  await t.rejects(sealed.run('sysctl', ['ipv4/ip_forward=1'], 'strict'), {
    failure: 'denied',
    message: /Read-only file system/,
  })
})

t.test('run() says which line of a batch failed, whatever the program says of it', async (t) => {
  using host = await prepared()
  const batches: [Program, string[], index: number][] = [
    ['ip', ['link add name y type bridge', 'link add name x type bridge', 'link add name z type bridge'], 1],
    ['ip', ['link set dev x up', 'link set dev i up', 'link set dev x master nope'], 2],
    ['tc', ['qdisc add dev x root pfifo', 'qdisc add dev nope root pfifo'], 1],
    ['iptables-nft', ['-N NEW', '-N NEW'], 1],
    ['sysctl', ['ipv4/ip_forward=1', 'ipv4/nope=1'], 1],
  ]
  for (const [program, lines, index] of batches)
    await t.rejects(
      host.run(program, lines, 'strict'),
      { name: 'CommandError', index, command: lines[index] },
      `${program} ${lines[index]}`,
    )
  t.notMatch(await host.sh('ip -br link'), /^z /m, 'strict stops there')
})

t.test('run() goes on past failures when it is forced, and reports them all', async (t) => {
  using host = await prepared()
  const lines = [
    'link add name x type bridge',
    'link set dev x master nope',
    'link del dev nope',
    'link add name z type bridge',
  ]
  const { failures } = await host.run('ip', lines, 'force')
  t.match(await host.sh('ip -br link'), /^z /m)
  t.strictSame(
    failures.map(({ index, failure }) => [index, failure]),
    [
      [0, 'exists'],
      [1, 'missing'],
      [2, 'missing'],
    ],
  )
})

t.test('run() does all of an nft text or nothing', async (t) => {
  using host = await namespaceHost()
  await t.rejects(host.run('nft', ['add table inet one\nadd table inet two\nadd nonsense'], 'strict'), {
    name: 'CommandError',
    message: /syntax error/,
  })
  t.equal(await host.sh('nft list ruleset'), '')
})
