import t from 'tap'
import { APP, CONTAINERS, WEB } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

t.test('ls measures between two readings', async (t) => {
  const { run, received } = await startLab(t)
  t.strictSame(await run(['sluice', 'ls']), {
    status: 0,
    stdout: `NETWORK/CONTAINER   RATE UP       NOW UP   RATE DOWN     NOW DOWN   DELAY      LOSS     DROPS
web                 10mbit each   2mbit    10mbit each   0bit       20ms       -        2 limit, 2 loss
  app               5mbit         1mbit    10mbit        0bit       20ms±2ms   0.5%/-   2 limit, 2 loss
  database          10mbit        1mbit    10mbit        0bit       20ms       -        0
`,
    stderr: '',
  })
  t.equal(received.filter(({ call }) => call === 'GET /v1/networks').length, 1)
})

t.test('ls --no-measure shows no measured rates', async (t) => {
  const { run, received } = await startLab(t)
  const { stdout } = await run(['ls', '--no-measure'])
  t.match(stdout, /^NETWORK\/CONTAINER +RATE UP +RATE DOWN +DELAY/)
  t.equal(received.length, 1)
})

t.test('ls --format json gives an object a network and line, with names and what was measured', async (t) => {
  const { run } = await startLab(t)
  const { stdout } = await run(['ls', '--format', 'json'])
  t.match(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      {
        name: 'web',
        driver: 'sluice:latest',
        id: WEB,
        options: { rate: '10mbit' },
        endpoints: [
          {
            name: 'app',
            container: CONTAINERS[APP],
            up: { rate: 5e6, measured: 1e6 },
            down: { measured: 0 },
          },
          { name: 'database' },
        ],
      },
    ],
  )
})

t.test('watch prints as many tables as it is told to', async (t) => {
  const { run } = await startLab(t)
  const { status, stdout } = await run(['watch', '--interval', '100ms', '--count', '3'])
  t.equal(status, 0)
  t.equal(stdout.split('\n\n').length, 3)
  for (const table of stdout.split('\n\n')) t.match(table, /\n {2}app +5mbit +1mbit /)
})

t.test('watch NETWORK --format json gives a line a reading', async (t) => {
  const { run } = await startLab(t)
  const { stdout } = await run(['watch', 'web', '--interval=100ms', '--count=2', '--format=json'])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(lines, [
    { at: Number, networks: [{ name: 'web', endpoints: [{ up: { measured: 1e6 } }, {}] }] },
    { at: Number, networks: [{ name: 'web' }] },
  ])
})

t.test('ls and watch say what is in the way', async (t) => {
  const { run } = await startLab(t)
  for (const [args, env, message] of [
    [
      ['ls'],
      { SLUICE_SOCKET: '/nowhere/sluice.sock' },
      /^cannot reach Sluice at \/nowhere\/sluice\.sock: .*ENOENT/,
    ],
    [
      ['ls'],
      { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      /^Cannot connect to the Docker daemon at unix:\/\/\/nowhere\/docker\.sock: no socket is there\. Is the docker daemon running, and is DOCKER_HOST right\?\n$/,
    ],
    [
      ['watch', 'none'],
      {},
      /^no network of Sluice's is called "none"; docker sluice ls shows those that are\n$/,
    ],
    [['watch', '--interval', '1'], {}, /^invalid argument "1" for "--interval" flag: expected a duration/],
    [
      ['watch', '--interval', '1us'],
      {},
      /^invalid argument "1us" for "--interval" flag: expected at least 100ms/,
    ],
    [['watch', '--count', '0'], {}, /^invalid argument "0" for "--count" flag: expected a number from 1/],
  ] as const) {
    const { status, stdout, stderr } = await run(args, { env })
    t.strictSame([status, stdout], [1, ''])
    t.match(stderr, message)
    t.notMatch(stderr, /\bat .*:\d+/, 'no stack')
  }
})
