import t from 'tap'
import { complete, formatCompletion } from '../../../../plugin/cli/complete/complete.ts'
import type { Sources } from '../../../../plugin/cli/complete/complete-argument.ts'
import { viewOf } from '../../../../plugin/cli/engine/view.ts'
import { APP, BACK, DATABASE, network, profiles, WEB, web } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

const attached = [
  { container: '', name: 'app', endpoint: APP },
  { container: '', name: 'database', endpoint: DATABASE },
]
const driver = 'sluice:latest'
const sources: Sources = {
  networks: async () => [
    viewOf(web, { id: WEB, name: 'web', driver, labels: {}, attached }),
    viewOf(network({ id: BACK }), { id: BACK, name: 'back', driver, labels: {}, attached: [] }),
  ],
  profiles: async () => profiles,
  keys: async (scope) =>
    ['rate', 'link', ...(scope === 'network' ? ['network.rate'] : [])].map((value) => ({
      value,
      meaning: value,
    })),
}

t.test('complete() knows what may come next', async (t) => {
  for (const [words, expected] of [
    [['sluice', ''], 'explain inspect ls profiles prune set unset version watch :4'],
    [[''], 'explain inspect ls profiles prune set unset version watch :4'],
    [['--host', 'unix:///x', 'sluice', 'un'], 'unset :4'],
    [['sluice', 'ls', ''], 'web back :4'],
    [['sluice', 'ls', 'web', ''], ':4'],
    [['sluice', 'ls', '--'], '--filter --format --no-measure --no-trunc --quiet :4'],
    [['sluice', 'ls', '--filter', 'n'], 'name= network= :6'],
    [['sluice', 'ls', '--format', ''], 'table json :4'],
    [['sluice', 'ls', '--format', 'j'], 'json :4'],
    [['sluice', 'inspect', '--format=p'], 'pretty :4'],
    [['sluice', 'profiles', '--'], '--format --no-trunc --quiet :4'],
    [['sluice', 'watch', '--interval', ''], ':4'],
    [['sluice', 'watch', ''], 'web back :4'],
    [['sluice', 'watch', 'web', ''], ':4'],
    [['sluice', 'set', ''], 'web back :4'],
    [['sluice', 'set', 'w'], 'web web/app web/database :4'],
    [['sluice', 'inspect', 'web/d'], 'web/database :4'],
    [['sluice', 'set', 'web', ''], 'rate= link= network.rate= :6'],
    [['sluice', 'set', 'web/app', ''], 'rate= link= :6'],
    [['sluice', 'set', 'web', 'rate=1mbit', ''], 'link= network.rate= :6'],
    [['sluice', 'set', 'web', 'link='], 'link=lte link=fibre :4'],
    [['sluice', 'set', 'web', 'rate=1'], ':4'],
    [['sluice', 'unset', 'web', ''], 'rate delay :4'],
    [['sluice', 'unset', 'web', 'rate', ''], 'delay :4'],
    [['sluice', 'unset', 'web/app', ''], 'rate.up :4'],
    [['sluice', 'unset', 'none', ''], ':4'],
    [['sluice', 'explain', ''], ':0'],
    [['sluice', 'none', ''], ':4'],
    [['sluice', 'ls', '--none', ''], ':4'],
    [[], 'explain inspect ls profiles prune set unset version watch :4'],
  ] as const)
    t.equal(
      formatCompletion(await complete(words, () => sources), false)
        .trimEnd()
        .replaceAll('\n', ' '),
      expected,
      words.join(' '),
    )
})

t.test('complete() offers nothing where nobody can be asked', async (t) => {
  const silent = (): never => {
    throw new Error('permission denied')
  }
  t.strictSame(await complete(['sluice', 'set', ''], silent), { candidates: [], directive: 4 })
})

t.test('over the sockets, with what each candidate means', async (t) => {
  const { run } = await startLab(t)
  t.strictSame(await run(['__complete', 'sluice', 'inspect', 'w']), {
    status: 0,
    stdout: 'web\tsluice:latest\nweb/app\t10.128.0.2\nweb/database\t10.128.0.3\n:4\n',
    stderr: '',
  })
  const { stdout } = await run(['__completeNoDesc', 'sluice', 'set', 'web', 'link=l'])
  t.equal(stdout, 'link=lte\n:4\n')
  const keys = await run(['__complete', 'sluice', 'set', 'web/app', 'rate'])
  t.match(keys.stdout, /^rate=\t\w.*\nrate\.up=\t.*\nrate\.down=\t.*\n:6\n$/)
})
