import t from 'tap'
import { batchFailures, CommandError, type Failure } from '../../../../lib/kernel/command-error.ts'

// Each of these is provoked for real in tests/kernel/words.test.ts; here they are read.
const words: Record<Failure, string[]> = {
  exists: [
    'RTNETLINK answers: File exists',
    'Error: ipv4: Address already assigned.',
    'Error: Exclusivity flag on, cannot modify.',
    'Error: NLM_F_REPLACE needed to override.',
  ],
  missing: [
    'Cannot find device "sv-1"',
    'Device "sv-1" does not exist.',
    'Error: No such file or directory',
    'RTNETLINK answers: No such device',
    'Error: ipv4: Address not found.',
    'Error: Cannot delete qdisc with handle of zero.',
    'Error: Cannot find specified qdisc on specified device.',
    'Error: Specified filter handle not found.',
    "Error: Specified class doesn't exist.",
    'Error: Specified class not found.',
    'Error: Invalid handle',
    'iptables: Bad rule (does a matching rule exist in that chain?).',
    'iptables: No chain/target/match by that name.',
  ],
  denied: [
    'RTNETLINK answers: Operation not permitted',
    'tee: /proc/sys/net/x: Permission denied',
    'EROFS: Read-only file system',
  ],
  unsupported: [
    'Error: Unknown device type.',
    'Error: Specified qdisc kind is unknown.',
    'Error: Specified qdisc not found.',
    'RTNETLINK answers: Operation not supported',
    'FATAL: Module sch_tbf not found.',
  ],
  other: ['', 'RTNETLINK answers: Invalid argument', 'Error: syntax error, unexpected newline'],
}

for (const [failure, texts] of Object.entries(words))
  t.test(`CommandError() reads as ${failure} what the programs say then`, async (t) => {
    for (const text of texts) t.equal(new CommandError('ip', 'link add x', text, 0).failure, failure, text)
  })

t.test('CommandError() says the program, the first line of what was asked, and the answer', async (t) => {
  const error = new CommandError('nft', 'add table inet x\nadd chain inet x y', 'Error: syntax error\n', 3)
  t.equal(error.message, 'nft: cannot add table inet x: Error: syntax error')
  t.match(error, { name: 'CommandError', program: 'nft', index: 3, stderr: 'Error: syntax error\n' })
})

t.test('CommandError() names the kernel module that is missing', async (t) => {
  const cases: [program: 'ip' | 'tc', command: string, module: string][] = [
    ['tc', 'qdisc replace dev sv-1 root handle 1: tbf rate 1000000bit burst 3028b limit 9084b', 'sch_tbf'],
    ['tc', 'qdisc replace dev si-1 root handle 1: htb default 10', 'sch_htb'],
    ['tc', 'qdisc replace dev sv-1 handle ffff: ingress', 'sch_ingress'],
    [
      'tc',
      'filter add dev sv-1 parent ffff: prio 1 protocol all u32 match u32 0 0 action mirred egress redirect dev si-1',
      'act_mirred',
    ],
    ['ip', 'link add name si-1 mtu 1500 type ifb', 'ifb'],
    ['ip', 'link add name sv-1 type veth peer name sp-1', 'veth'],
    ['ip', 'link add name sl-1 type bridge', 'bridge'],
  ]
  for (const [program, command, module] of cases)
    t.match(
      new CommandError(program, command, 'Error: Specified qdisc kind is unknown.', 0).message,
      new RegExp(`^kernel module ${module} is missing: ${program}: cannot`),
    )
  t.notMatch(
    new CommandError('tc', 'qdisc add tbf', 'RTNETLINK answers: Invalid argument', 0).message,
    'module',
  )
})

t.test('batchFailures() gives each failing line what was said of it', async (t) => {
  const stderr =
    'RTNETLINK answers: File exists\nCommand failed -:1\nError: ipv4: Address already assigned.\nmore of it\nCommand failed -:12\n'
  t.strictSame(batchFailures(stderr, []), [
    { index: 0, text: 'RTNETLINK answers: File exists' },
    { index: 11, text: 'Error: ipv4: Address already assigned.\nmore of it' },
  ])
  t.strictSame(batchFailures('ip: command not found\n', []), [], 'no line is to blame')
  t.strictSame(batchFailures('', []), [])
  const lines = ['link set a up', 'link set a master b', 'link set c up']
  const aborted = 'Error: argument "b" is wrong: Device does not exist\n'
  t.match(batchFailures(aborted, lines), [{ index: 1 }], 'a line that ended the batch is found by its word')
})
