import t from 'tap'
import { parseKeys, parseSettings } from '../../../../plugin/cli/commands/set.ts'
import { changeLines, ofEndpoint, ofNetwork } from '../../../../plugin/cli/print/change.ts'
import { isLive, OPTIONS } from '../../../../plugin/options/table.ts'
import { APP, CONTAINERS, WEB } from '../../fixtures/cli/networks.ts'
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

t.test('set and unset change all keys in one call, and print what was and what is', async (t) => {
  const { run, received } = await startLab(t)
  t.strictSame(await run(['set', 'web', 'rate=20mbit', 'delay=1ms']), {
    status: 0,
    stdout: 'web\n  rate   10mbit → 20mbit\n  delay  20ms → 1ms\n',
    stderr: 'WARNING: web: sch_netem is missing\n',
  })
  t.strictSame(await run(['sluice', 'unset', 'web/app', 'rate.up']), {
    status: 0,
    stdout:
      'web/app\n  rate.up  5mbit → 5mbit (network)\n  kept for containers called app on this network, until it is unset\n',
    stderr: '',
  })
  t.strictSame(received, [
    { call: `PATCH /v1/networks/${WEB}/options`, body: { options: { rate: '20mbit', delay: '1ms' } } },
    { call: `PATCH /v1/networks/${WEB}/endpoints/${APP}/options`, body: { options: { 'rate.up': null } } },
  ])
})

t.test('a container is found by the engine where that knows it, and by the plugin else', async (t) => {
  const { run, received } = await startLab(t)
  const patch = `PATCH /v1/networks/${WEB}/endpoints/${APP}/options`
  const container = CONTAINERS[APP] ?? ''
  for (const [name, ...calls] of [
    ['app', patch],
    [container, patch],
    [container.slice(0, 12), patch],
    [APP, patch],
    [container.slice(0, 4), `GET /v1/networks/${WEB}`, patch],
  ] as const) {
    received.splice(0)
    t.match(await run(['set', `web/${name}`, 'rate=1mbit']), { status: 0, stdout: /called app on/ }, name)
    t.strictSame(
      received.map(({ call }) => call),
      calls,
    )
  }
  t.strictSame(await run(['set', 'web/none', 'rate=1mbit']), {
    status: 1,
    stdout: '',
    stderr: 'container none is not connected to network web\n',
  })
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

t.test('a change that ends with the container is said to', async (t) => {
  const { run } = await startLab(t)
  t.strictSame(await run(['set', 'web/app', 'seed=1']), {
    status: 0,
    stdout: 'web/app\n  seed  another one each time (as before)\n',
    stderr:
      "WARNING: web/app: kept for this attachment alone, as the engine's name for it is not known: it ends with the container\n",
  })
})

t.test('the keys are listed by --help, and where nothing is given', async (t) => {
  const { run } = await startLab(t)
  for (const command of ['set', 'unset']) {
    const { stdout, status } = await run([command, '--help'])
    t.equal(status, 0)
    t.strictSame(await run([command]), { status: 0, stdout, stderr: '' })
    const listed = [...stdout.matchAll(/^ {2}([a-z.]+) {2,}\S/gm)].map(([, key]) => key)
    t.strictSame(listed, Object.keys(OPTIONS).filter(isLive))
    t.match(stdout, /^ {2}loss +packets lost at random, in each direction: percent: 0\.5%$/m)
    t.ok(stdout.split('\n').every((line) => line.length < 80))
  }
})

const network = { options: { rate: '10mbit', link: 'lte' } }
const effective = { 'rate.up': '10mbit', 'rate.down': '10mbit', 'delay.up': '25ms', 'delay.down': '25ms' }

t.test('changeLines() says where a value is from', async (t) => {
  const before = ofEndpoint({ options: {}, effective }, network)
  const set = ofEndpoint(
    { options: { rate: '1mbit' }, effective: { ...effective, 'rate.up': '1mbit', 'rate.down': '1mbit' } },
    network,
  )
  t.strictSame(changeLines({ RATE: '1mbit' }, before, set), [
    '  rate.up    10mbit (network) → 1mbit',
    '  rate.down  10mbit (network) → 1mbit',
  ])
  t.strictSame(changeLines({ rate: null, seed: null }, set, before), [
    '  rate.up    1mbit → 10mbit (network)',
    '  rate.down  1mbit → 10mbit (network)',
    '  seed       another one each time (as before)',
  ])
  t.strictSame(changeLines({ 'delay.up': '1ms' }, before, set), [
    '  delay.up   25ms (network, link=lte) (as before)',
    '  rate.up    10mbit (network) → 1mbit',
    '  rate.down  10mbit (network) → 1mbit',
  ])
  const profiled = ofEndpoint({ options: { link: 'lte' }, effective }, { options: {} })
  t.strictSame(changeLines({ delay: '25ms' }, profiled, profiled), [
    '  delay.up    25ms (link=lte) (as before)',
    '  delay.down  25ms (link=lte) (as before)',
  ])
})

t.test('changeLines() of a network is about what was written', async (t) => {
  const of = (options: Record<string, string>) => ofNetwork({ options })
  t.strictSame(changeLines({ rate: '20mbit', delay: null }, of({ delay: '5ms' }), of({ rate: '20mbit' })), [
    '  rate   no cap → 20mbit',
    '  delay  5ms → none',
  ])
  t.strictSame(changeLines({ 'uplink.up': '1mbit' }, of({}), of({ 'uplink.rate.up': '1mbit' })), [
    '  uplink.rate.up  uplink.rate → 1mbit',
  ])
})
