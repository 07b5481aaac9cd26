import t from 'tap'
import { filterNetworks, parseFilters } from '../../../../plugin/cli/engine/filter.ts'
import { viewOf } from '../../../../plugin/cli/engine/view.ts'
import { APP, BACK, CONTAINERS, DATABASE, network, WEB, web } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

const attached = [
  { container: CONTAINERS[APP] ?? '', name: 'app', endpoint: APP },
  { container: CONTAINERS[DATABASE] ?? '', name: 'database', endpoint: DATABASE },
]
const networks = [
  viewOf(web, { id: WEB, name: 'web', driver: 'sluice:latest', labels: { tier: 'front', x: '' }, attached }),
  viewOf(network({ id: BACK }), {
    id: BACK,
    name: 'back',
    driver: 'sluice',
    labels: { tier: 'rear' },
    attached: [],
  }),
]

/** What is left, as `web[app database] back[]`. */
const left = (...filters: string[]): string =>
  filterNetworks(networks, parseFilters(filters))
    .map(({ name, endpoints }) => `${name}[${endpoints.map((one) => one.name).join(' ')}]`)
    .join(' ')

t.test('filters of one name are alternatives, those of different names all count', async (t) => {
  const whole = 'web[app database]'
  for (const [filters, expected] of [
    [[], `${whole} back[]`],
    [['name=we'], whole],
    [['name=^b'], 'back[]'],
    [['name=('], ''],
    [['name=web', 'name=back'], `${whole} back[]`],
    [['name=web', 'driver=sluice'], whole],
    [['name=back', 'driver=sluice:latest'], ''],
    [['driver=sluice:latest'], whole],
    [['id=b2b2'], 'back[]'],
    [['network=web'], whole],
    [['network=we'], ''],
    [['network=a1a1'], whole],
    [['container=app'], 'web[app]'],
    [['container=app', 'container=data'], whole],
    [[`container=${CONTAINERS[APP]?.slice(0, 6)}`], 'web[app]'],
    [['container=none'], ''],
    [['dangling=true'], 'back[]'],
    [['dangling=false'], whole],
    [['label=tier'], `${whole} back[]`],
    [['label=tier=front'], whole],
    [['label=tier=front', 'label=x'], whole],
    [['label=tier=front', 'label=none'], ''],
    [['label=x='], whole],
  ] as const)
    t.equal(left(...filters), expected, filters.join(' '))
})

t.test('what is no filter is refused with those that are', async (t) => {
  for (const [filter, message] of [
    [
      'nme=web',
      "invalid filter 'nme': expected one of container, dangling, driver, id, label, name, network",
    ],
    ['toString=1', /^invalid filter 'tostring'/],
    ['web', 'invalid argument "web" for "-f, --filter" flag: expected NAME=VALUE'],
    ['=web', 'invalid argument "=web" for "-f, --filter" flag: expected NAME=VALUE'],
    ['dangling=no', "invalid filter 'dangling=no': expected true or false"],
  ] as const)
    t.throws(() => parseFilters([filter]), { name: 'UsageError', message }, filter)
})

t.test('ls takes filters, a network, -q and templates', async (t) => {
  const { run } = await startLab(t)
  for (const [args, stdout] of [
    [['-q'], 'a1a1a1a1a1a1\n'],
    [['-q', '--no-trunc'], `${WEB}\n`],
    [['-q', 'web'], 'e5e5e5e5e5e5\nf6f6f6f6f6f6\n'],
    [['-qf', 'name=none'], ''],
    [
      ['web', '--format', '{{.Name}} {{.RateUp}} {{.NowUp}}'],
      'web 10mbit each 2mbit\nweb/app 5mbit 1mbit\nweb/database 10mbit 1mbit\n',
    ],
    [
      ['-f', 'container=app', '--format', 'table {{.Name}}\\t{{.Drops}}'],
      'NETWORK/CONTAINER   DROPS\nweb                 2 limit, 2 loss\nweb/app             2 limit, 2 loss\n',
    ],
  ] as const)
    t.strictSame(await run(['ls', ...args]), { status: 0, stdout, stderr: '' }, args.join(' '))
  t.match(await run(['ls', '--format', '{{.Nme}}']), {
    status: 1,
    stdout: '',
    stderr: /^template parsing error: can't evaluate field Nme: expected one of .*\bName\b/,
  })
})
