import t from 'tap'
import { formatProfiles } from '../../../../plugin/cli/commands/profiles.ts'
import { profiles } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

t.test('profiles prints a table, or an object a line', async (t) => {
  const { run } = await startLab(t)
  t.strictSame(await run(['profiles']), {
    status: 0,
    stdout: `NAME    RATE UP   RATE DOWN   DELAY   JITTER   LOSS   SUMMARY
lte     12mbit    40mbit      25ms    5ms      0.1%   4G with good reception
fibre   1gbit     1gbit       2ms     -        -      fibre to the home

Sources:
lte: Ofcom 2024
fibre: Ofcom 2024
`,
    stderr: '',
  })
  const { stdout } = await run(['profiles', '--format=json'])
  t.strictSame(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    profiles,
  )
})

t.test('profiles takes templates and -q, and keeps to the width', async (t) => {
  const { run } = await startLab(t)
  t.equal((await run(['profiles', '-q'])).stdout, 'lte\nfibre\n')
  t.equal(
    (await run(['profiles', '--format', '{{.Name}}: {{.RateUp}}, {{.Loss}}'])).stdout,
    'lte: 12mbit, 0.1%\nfibre: 1gbit, -\n',
  )
  for (const line of formatProfiles(profiles, { width: 50 }).split('\n')) t.ok(line.length <= 50, line)
})

t.test('formatProfiles() has a column for what has none', async (t) => {
  const options = { 'delay.up': '1ms', 'loss.model': 'gemodel:1%:10%', reorder: '1%' }
  t.match(
    formatProfiles([{ name: 'wifi', summary: '', options, source: '' }]),
    /OTHERS.*\nwifi +- +- +1ms\/- +- +- +loss\.model=gemodel:1%:10% reorder=1%\n/,
  )
})
