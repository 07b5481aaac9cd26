import t from 'tap'
import { viewOf } from '../../../../plugin/cli/engine/view.ts'
import { describeNetwork } from '../../../../plugin/cli/print/describe.ts'
import { foldLines } from '../../../../plugin/cli/print/width.ts'
import { APP, CONTAINERS, DATABASE, endpoint, idle, network, WEB } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

t.test('inspect NETWORK prints all of it for a person, with the tree', async (t) => {
  const { run } = await startLab(t)
  const { status, stdout } = await run(['inspect', 'web'])
  t.equal(status, 0)
  for (const lines of [
    `Network: web\nID: ${WEB}\nDriver: sluice:latest\nBridge: sl-a1a1a1a1a1a1\nMTU: 1500\nInternal: false\n`,
    'Subnets: 10.128.0.0/26\nGateways: 10.128.0.1/26\nOptions:\n rate=10mbit\n delay=20ms\n',
    `Containers:\n app\n  Container ID: ${CONTAINERS[APP]}\n  Endpoint ID: ${APP}\n  Link: sv-c3c3c3c3c3c3\n`,
    '  Up: 5mbit, delay 20ms±2ms, loss 0.5%, queue fq_codel, 7 packets (4kib), 3 dropped (limit 1, loss 2), 0b waiting\n',
    'Device sv-c3c3c3c3c3c3:\n qdisc tbf 1: root refcnt 2\n  Sent 4096 bytes 7 pkt\nDevice sv-d4d4d4d4d4d4:\n',
  ])
    t.ok(stdout.includes(lines), lines)
})

t.test('inspect NETWORK/CONTAINER prints its part', async (t) => {
  const { run } = await startLab(t)
  const { stdout } = await run(['inspect', 'web/app'])
  t.ok(stdout.startsWith(`Network: web\nContainer: app\nContainer ID: ${CONTAINERS[APP]}\n`))
  t.match(stdout, 'Effective:\n rate.up=5mbit\n')
  t.ok(stdout.endsWith('Device sv-c3c3c3c3c3c3:\n qdisc tbf 1: root refcnt 2\n  Sent 4096 bytes 7 pkt\n'))
  t.notMatch(stdout, 'sv-d4')
})

t.test('inspect --format json', async (t) => {
  const { run } = await startLab(t)
  const shown = async (target: string) =>
    JSON.parse((await run(['inspect', '--format', 'json', target])).stdout)
  t.match(await shown('web'), { name: 'web', endpoints: [{ name: 'app' }, {}], tree: [{}, {}] })
  t.match(await shown('web/app'), { name: 'app', id: APP, tree: [{ device: 'sv-c3c3c3c3c3c3' }] })
  t.equal((await shown('web/app')).tree.length, 1)
})

t.test('inspect --format takes a template over what json shows', async (t) => {
  const { run } = await startLab(t)
  const shown = async (...args: string[]) => (await run(['inspect', ...args])).stdout
  t.equal(await shown('-f', '{{.name}} {{len .endpoints}} {{.options.rate}}', 'web'), 'web 2 10mbit\n')
  t.equal(
    await shown('--format={{json .effective}} {{.up.rate}}', 'web/app').then((text) => text.slice(-9)),
    ' 5000000\n',
  )
  t.match(await run(['inspect', '-f', '{{.nme}}', 'web']), {
    status: 1,
    stderr: /^template parsing error: can't evaluate field nme: expected one of bridge, /,
  })
})

t.test(
  'inspect says which networks there are where a name is near, and whose a foreign one is',
  async (t) => {
    const { run } = await startLab(t)
    for (const [name, message] of [
      ['wbe', `no network of Sluice's is called "wbe"; did you mean "web"?\n`],
      ['nosuch', `no network of Sluice's is called "nosuch"; docker sluice ls shows those that are\n`],
      ['nosuch/app', `no network of Sluice's is called "nosuch"; docker sluice ls shows those that are\n`],
    ] as const)
      t.strictSame(await run(['inspect', name]), { status: 1, stdout: '', stderr: message }, name)
  },
)

t.test('foldLines() breaks between words, and leaves a word alone that is too wide by itself', async (t) => {
  const text = ' qdisc tbf 1: root\n  a-very-long-word b\nshort\n'
  t.equal(foldLines(text, 12), ' qdisc tbf\n     1: root\n  a-very-long-word\n      b\nshort\n')
  t.equal(foldLines(text), text)
})

t.test('describeNetwork() shows an uplink, a shared rate, ports and faults', async (t) => {
  const view = viewOf(
    network({
      shared: { rate: 3e8 },
      uplink: { down: { ...idle, rate: 1e6 } },
      faults: ['no bridge'],
      endpoints: [endpoint({ ports: ['0.0.0.0:80->80/tcp', '53/udp'] }), endpoint({ id: DATABASE })],
    }),
    undefined,
  )
  const text = describeNetwork(view)
  for (const lines of [
    'Driver: -\n',
    'Shared rate: 300mbit\n',
    'Uplink:\n Down: 1mbit, 0 packets (0b), ',
    'Faults:\n no bridge\n',
    '  Addresses: 10.128.0.2\n  Ports: 0.0.0.0:80->80/tcp, 53/udp\n  Up: ',
    '  Addresses: 10.128.0.2\n  Up: ',
  ])
    t.ok(text.includes(lines), lines)
})
