import t, { type Test } from 'tap'
import type { NetworkView } from '../../plugin/cli/engine/view.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import type { Plain } from '../support/plain.ts'
import { iperf } from '../support/traffic.ts'
import { until } from '../support/until.ts'
import { runCli } from '../unit/fixtures/cli/run.ts'

t.setTimeout(300_000)

const command = ({ env }: Engine, ...args: string[]) => runCli(args, { env })

async function listed(engine: Engine): Promise<NetworkView> {
  const { stdout } = await command(engine, 'ls', '--format', 'json')
  return JSON.parse(stdout)
}

t.test('what ls and watch show on a real engine', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const plain = await engine.startPlain({ env: engine.env })
  await engine.cli('network', 'create', '-d', 'sluice', '-o', 'rate=10mbit', '--label', 'tier=front', 'web')
  for (const name of ['sender', 'receiver'])
    await engine.cli('run', '-d', '--name', name, '--network', 'web', 'iperf', 'sleep', '1000')

  await t.test('names, filters and templates', (t) => selects(t, engine))
  await t.test('a link at its limit', (t) => saturates(t, engine))
  await t.test('watch outlives the plugin', (t) => outlives(t, engine, plain))
})

async function selects(t: Test, engine: Engine): Promise<void> {
  const shown = async (...args: string[]) => (await command(engine, ...args)).stdout
  const ids = await engine.cli('network', 'ls', '-q', '--filter', 'name=web')
  t.equal(await shown('ls', '-q'), `${ids.trim()}\n`)
  const containers = async (...args: string[]) =>
    (await engine.cli('ps', '-q', ...args)).trim().split('\n').toSorted()
  t.strictSame((await shown('ls', '-q', 'web')).trim().split('\n').toSorted(), await containers())
  t.equal(await shown('ls', '-f', 'label=tier=rear', '--format', '{{.Name}}'), '')
  t.equal(
    await shown('ls', '-f', 'label=tier=front', '--format', '{{.Name}} {{.Rate}}'),
    'web 10mbit each\nweb/receiver 10mbit\nweb/sender 10mbit\n',
  )
  t.match(await command(engine, 'inspect', 'wbe'), {
    status: 1,
    stderr: `no network of Sluice's is called "wbe"; did you mean "web"?\n`,
  })
  t.match(await command(engine, 'inspect', 'bridge'), {
    status: 1,
    stderr: `no network of Sluice's is called "bridge": it is of the driver "bridge"\n`,
  })
}

async function saturates(t: Test, engine: Engine): Promise<void> {
  const sending = iperf(engine, { from: 'sender', to: 'receiver', seconds: 8 })
  const up = async () => (await listed(engine)).endpoints.find(({ name }) => name === 'sender')?.up
  await until('packets to be dropped', async () => ((await up())?.drops ?? 0) > 0)
  // From here on rates are told from readings a second apart.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const { measured = 0, drops, dropped } = (await up()) ?? {}
  t.ok(Number(measured) > 9e6 && Number(measured) < 10.6e6, `measured ${measured} bit/s`)
  t.strictSame(dropped, { limit: drops, loss: 0, link: 0 })
  t.match((await command(engine, 'ls')).stdout, /\n {2}sender +10mbit +\S+ ! .* \d+ limit +at its limit up\n/)
  await sending
}

async function outlives(t: Test, engine: Engine, plain: Plain): Promise<void> {
  const watching = command(engine, 'watch', '--interval', '250ms', '--count', '40', '--format', '{{.Name}}')
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await plain.kill('SIGKILL')
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await plain.restart()
  const { status, stdout, stderr } = await watching
  t.equal(status, 0)
  t.match(stderr, /^the plugin does not answer, trying again: /)
  const tables = stdout.split('web\n').length - 1
  t.ok(tables > 10 && tables < 40, `${tables} tables of 40`)
  t.ok(stdout.endsWith('web\nweb/receiver\nweb/sender\n'), 'and the last one is whole')
}
