import t from 'tap'
import { parseInvocation } from '../../../../plugin/cli/invocation.ts'

t.test('parseInvocation() reads what Docker passes on, and what a person types', async (t) => {
  const plain = { kind: 'command', globals: {}, help: false, args: [] }
  for (const [line, expected] of [
    ['docker-cli-plugin-metadata', { kind: 'metadata' }],
    ['', plain],
    ['sluice', plain],
    ['ls', { ...plain, name: 'ls' }],
    ['sluice ls --format json', { ...plain, name: 'ls', args: ['--format', 'json'] }],
    ['sluice set web rate=1mbit', { ...plain, name: 'set', args: ['web', 'rate=1mbit'] }],
    ['sluice watch sluice', { ...plain, name: 'watch', args: ['sluice'] }],
    ['--host unix:///x sluice ls', { ...plain, name: 'ls', globals: { host: 'unix:///x' } }],
    [
      '--tls -D -l debug -Hunix:///x sluice ls -H',
      { ...plain, name: 'ls', globals: { host: 'unix:///x' }, args: ['-H'] },
    ],
    [
      'sluice --context there --config /c ls',
      { ...plain, name: 'ls', globals: { context: 'there', config: '/c' } },
    ],
    ['sluice --help', { ...plain, help: true }],
    ['sluice ls --help', { ...plain, name: 'ls', args: ['--help'] }],
    ['help sluice', { ...plain, help: true }],
    ['help sluice ls', { ...plain, help: true, name: 'ls' }],
    ['sluice help ls', { ...plain, help: true, name: 'ls' }],
    ['__complete sluice se', { kind: 'completion', words: ['sluice', 'se'], described: true }],
    ['__completeNoDesc sluice', { kind: 'completion', words: ['sluice'], described: false }],
  ] as const)
    t.strictSame(parseInvocation(line.split(' ').filter(Boolean)), expected, line)
})

t.test('parseInvocation() refuses an option that Docker does not have', async (t) => {
  t.throws(() => parseInvocation(['--nonsense', 'sluice', 'ls']), { message: 'unknown flag: --nonsense' })
})
