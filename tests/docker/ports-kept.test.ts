import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { createNetwork, prove, type Scenario } from '../support/lab.ts'
import type { Plain } from '../support/plain.ts'
import { containerPlace, hostPlace, startIn } from '../support/traffic-place.ts'
import type { Tick } from '../support/udp-flows.ts'
import { until } from '../support/until.ts'

t.setTimeout(240_000)

const FLOWS = join(import.meta.dirname, '../support/udp-flows.ts')
const flowsProgram = (...words: (string | number)[]) => [process.execPath, FLOWS, ...words.map(String)]
const ADDRESSES = [
  ['IPv4', '198.51.100.7/32', '198.51.100.7'],
  ['IPv6', '2001:db8:9::7/128', '[2001:db8:9::7]'],
] as const

const scenarios = (plain: () => Plain): Scenario[] => [
  ...ADDRESSES.map(
    ([family, cidr, host]): Scenario => [
      `a port at an ${family} address that goes stays its owner’s over a restart, and is held once it is back`,
      async (t, { engine }) => {
        const lab = { engine, driver: 'sluice' }
        await engine.sh(['ip', 'link', 'add', 'any0', 'type', 'bridge'])
        await engine.sh(['ip', 'link', 'set', 'any0', 'up'])
        const change = (verb: string) =>
          engine.sh(['ip', 'address', verb, cidr, 'dev', 'any0', ...(family === 'IPv6' ? ['nodad'] : [])])
        await change('add')
        await createNetwork({ ...lab, log: plain().log }, 'web', '--ipv6', '--subnet', 'fd77::/64')
        const run = (name: string, ...publish: string[]) => [
          ...['run', '-d', '--name', name, '--network', 'web'],
          ...publish.flatMap((port) => ['-p', port]),
          'busybox',
        ]
        await engine.cli(...run('first', `${host}:4000:80`, `${host}:4000:80/udp`))
        await engine.sh(['ip', 'address', 'del', cidr, 'dev', 'any0'])
        await plain().kill('SIGKILL')
        await plain().restart()
        const held = async () => {
          const [tcp, udp] = await Promise.all([engine.sh(['ss', '-Hltn']), engine.sh(['ss', '-Hlun'])])
          return [tcp, udp].every((text) => text.includes(`${host}:4000`))
        }
        t.notOk(await held())
        for (const port of [`${host}:4000:81`, '4000:81/udp'])
          t.match(
            await engine.refusal(...run('second', port)).finally(() => engine.cli('rm', '-f', 'second')),
            /port is already allocated .*: the container with the address .* has it/,
            port,
          )
        await change('add')
        await until('the port to be held', held, { timeout: 5000 })
        t.match(
          await engine.refusal(...run('third', `${host}:4000:81`)),
          /the container with the address .* has it/,
        )
        await engine.cli('rm', '-f', 'first', 'third')
        t.notOk(await held(), 'it goes with its owner')
        await engine.sh(['ip', 'link', 'del', 'any0'])
      },
    ],
  ),
  [
    'a thousand UDP flows to a thousand ports go on within a second of a restart',
    async (t, lab) => {
      const { engine } = lab
      const [first, ports] = [20_000, 1000]
      await createNetwork(lab, 'web')
      const publish = `${first}-${first + ports - 1}:${first}-${first + ports - 1}/udp`
      await engine.cli('run', '-d', '--name', 'first', '--network', 'web', '-p', publish, 'busybox')
      const answer = async () =>
        startIn(await containerPlace(engine, 'first'), flowsProgram('answer', '::', first, ports))
      const before = await answer()
      const sender = startIn(hostPlace(engine), flowsProgram('send', '127.0.0.1', first, ports, 1, 20))
      await sleep(5000)
      const begun = Date.now()
      await engine.cli('restart', '-t', '0', 'first')
      await before.kill()
      const after = await answer()
      await sleep(300)
      const back = Date.now()
      const ticks = JSON.parse(await sender.output()) as Tick[]
      await after.kill()
      const seen = ticks.map(
        ({ at, answered, first: one }) => `${((at - back) / 1000).toFixed(1)}: ${answered}, ${one}`,
      )
      t.comment(`restart took ${back - begun} ms; ${seen.join('; ')}`)
      t.ok(
        ticks.some(({ at, answered }) => at < begun && answered > 0.9 * ports),
        'all are answered before',
      )
      const one = ticks.find((tick) => tick.at > back && tick.first > 0)
      const all = ticks.find((tick) => tick.at > back && tick.answered > 0.9 * ports)
      t.ok(one && one.at - back < 1000, `the first port after ${one && one.at - back} ms`)
      t.ok(all && all.at - back < 3000, `all after ${all && all.at - back} ms`)
    },
  ],
]

t.test('bookworm with the product as a plain process', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const plain = await engine.startPlain()
  await prove(
    t,
    { engine, driver: 'sluice', log: plain.log },
    scenarios(() => plain),
  )
})
