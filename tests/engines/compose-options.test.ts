import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { repo } from '../support/host.ts'
import { attachment, capOn, networkOf } from '../support/kept.ts'
import type { Lab } from '../support/lab.ts'
import { until } from '../support/until.ts'
import { MAIN } from '../unit/fixtures/cli/run.ts'

t.setTimeout(480_000)

const docs = readFileSync(join(repo, 'docs/compose.md'), 'utf8')
const example = (/```yaml\n([\s\S]*?)```/.exec(docs)?.[1] ?? '')
  .replaceAll('nginx:alpine', 'iperf')
  .replace('sluice:latest', 'sluice')
const setCommand = /^docker sluice (set \S+ \S+)$/m.exec(docs)?.[1]?.split(' ') ?? []

t.test('options of a service, with a Compose that drops them', async (t) => {
  const engine = await startEngine({ release: 'trixie' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const plain = await engine.startPlain({ env: engine.env })
  const lab: Lab = { engine, driver: 'sluice', log: plain.log }
  const folder = join(engine.dir, 'shop')
  mkdirSync(folder)
  const file = join(folder, 'compose.yaml')
  const sluice = (...args: string[]) =>
    engine.enter([join(repo, 'node_modules/.bin/node'), MAIN, ...args], { env: engine.env, cwd: repo })
  const up = (...args: string[]) => engine.compose(folder, 'up', '-d', '-t', '0', ...args)
  const capOf = (container: string) => capOn(lab, 'shop_lab', container)

  await t.test('explain warns of each, and shows what Compose does', async (t) => {
    const own = example.replace('[lab]', '{ lab: { driver_opts: { rate: 1mbit } } }')
    writeFileSync(file, own)
    const argv = ['sh', '-c', '"$@" 2>&1', 'sh', join(repo, 'node_modules/.bin/node'), MAIN, 'explain', file]
    const said = await engine.enter(argv, { env: engine.env, cwd: repo })
    t.match(
      said,
      /^WARNING: services\.server, driver_opts on network shop_lab: Compose needs to be 2\.27\.1/m,
    )
    t.match(said, /2\.26\.1\S* drops them silently/)
    t.notMatch(said, /rate 1(000000|mbit)/i)
    await up()
    t.equal(await capOf('shop-server-1'), 30e6, 'it does')
    await engine.compose(folder, 'down', '-t', '0')
  })

  await t.test('what docs/compose.md says instead holds', async (t) => {
    writeFileSync(file, example)
    await up()
    await attachment(lab, plain, 'shop_lab', 'shop-slow-1')
    const said = await sluice(...setCommand)
    t.match(said, /^ {2}rate\.up +30mbit \(network\) → 10mbit$/m)
    t.match(said, /kept for containers called shop-slow-1 on this network/)
    const before = await attachment(lab, plain, 'shop_lab', 'shop-slow-1')
    const holds = async (what: string) => {
      const isBack = async () => {
        const { endpoints } = await networkOf(lab, plain, 'shop_lab')
        const slow = endpoints.find(({ name }) => name === 'shop-slow-1')
        return slow?.id !== before.id && slow?.effective['rate.up'] === '10mbit'
      }
      await t.resolves(until(`it to hold ${what}`, isBack, { timeout: 10_000 }))
    }
    await engine.compose(folder, 'restart', '-t', '0')
    await holds('after a restart')
    await up('--force-recreate')
    await holds('for a container that was made anew')
  })
})
