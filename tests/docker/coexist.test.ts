import t from 'tap'
import { obeys, openNeighbours, outlivesEngine, survives } from '../support/coexist.ts'
import { startEngine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { until } from '../support/until.ts'

t.setTimeout(300_000)

t.test('bookworm: others flush, restore and restart, and our rules are back', async (t) => {
  const [engine, neighbours, save] = await openNeighbours(t, { release: 'bookworm' })
  await survives(t, neighbours, save)
  await obeys(t, neighbours)
  await outlivesEngine(t, neighbours)
  await tidy(engine)
})

t.test('bookworm on legacy iptables, whose changes nobody tells of', async (t) => {
  const [, { shell, isBack, others }] = await openNeighbours(t, { release: 'bookworm', iptables: 'legacy' })
  for (const command of ['iptables -F DOCKER-USER', 'iptables -F']) {
    await shell(command)
    const theirs = await others()
    await isBack(t, command)
    t.equal(await others(), theirs, 'nothing of others’ is touched')
  }
})

t.test('the program that follows rules does not outlive the plugin', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  const plain = await engine.startPlain()
  const followers = () =>
    engine.enter(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -o "[n]ft monitor" | wc -l'])
  await until('nft to follow', async () => (await followers()) === '1')
  await plain.kill('SIGKILL')
  await engine.enter(['nft', 'add', 'table', 'inet', 'other'])
  await t.resolves(until('its end', async () => (await followers()) === '0', { timeout: 2000 }))
})
