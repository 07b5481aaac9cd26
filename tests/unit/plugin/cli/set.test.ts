import t from 'tap'
import { parseKeys, parseSettings } from '../../../../plugin/cli/commands/set.ts'
import { APP, WEB } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

t.test('parseSettings() splits at the first "="', async (t) => {
  t.strictSame(parseSettings(['rate=1mbit', 'a=b=c', 'burst=']), { rate: '1mbit', a: 'b=c', burst: '' })
  for (const [settings, message] of [
    [['rate=1mbit', 'delay'], 'delay: expected KEY=VALUE'],
    [['=1'], '=1: expected KEY=VALUE'],
    [['rate=1mbit', 'rate=2mbit'], 'rate: given twice'],
  ] as const)
    t.throws(() => parseSettings(settings), { name: 'UsageError', message })
})

t.test('parseKeys() unsets', async (t) => {
  t.strictSame(parseKeys(['rate', 'delay.up']), { rate: null, 'delay.up': null })
  t.throws(() => parseKeys(['rate=1']), {
    name: 'UsageError',
    message: /^rate: expected a key alone, got "rate=1"/,
  })
})

t.test('set and unset change all keys in one call, and print the name', async (t) => {
  const { run, received } = await startLab(t)
  t.strictSame(await run(['set', 'web', 'rate=20mbit', 'delay=1ms']), {
    status: 0,
    stdout: 'web\n',
    stderr: 'WARNING: web: sch_netem is missing\n',
  })
  t.strictSame(await run(['sluice', 'unset', 'web/app', 'rate.up']), {
    status: 0,
    stdout: 'web/app\n',
    stderr: '',
  })
  t.strictSame(
    received.filter(({ call }) => call.startsWith('PATCH')),
    [
      { call: `PATCH /v1/networks/${WEB}/options`, body: { options: { rate: '20mbit', delay: '1ms' } } },
      { call: `PATCH /v1/networks/${WEB}/endpoints/${APP}/options`, body: { options: { 'rate.up': null } } },
    ],
  )
})

t.test(
  'what the plugin refuses is an error in its words; what is no setting, a question of usage',
  async (t) => {
    const { run, received } = await startLab(t)
    t.strictSame(await run(['set', 'web', 'bad=1']), {
      status: 1,
      stdout: '',
      stderr: 'Error response from sluice: bad: expected nothing such\n',
    })
    const { status, stderr } = await run(['set', 'web', 'rate=1mbit', 'delay'])
    t.equal(status, 1)
    t.match(stderr, /^delay: expected KEY=VALUE\n\nUsage: {2}docker sluice set NETWORK/)
    t.equal(received.filter(({ call }) => call.startsWith('PATCH')).length, 1)
  },
)
