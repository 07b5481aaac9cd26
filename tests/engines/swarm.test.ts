import t from 'tap'
import { capOn, change, control } from '../support/kept.ts'
import { startSwarm } from '../support/swarm.ts'
import { until } from '../support/until.ts'

t.setTimeout(240_000)

t.test('forky, two hosts in a Swarm', async (t) => {
  const [manager, worker] = await startSwarm('forky')
  const nodes = [manager, worker]
  t.teardown(() => Promise.all(nodes.map(({ engine }) => engine.stop())))
  const create = (...args: string[]) =>
    manager.engine.cli(
      'network',
      'create',
      '-d',
      'sluice:latest',
      '--scope',
      'swarm',
      '--attachable',
      ...args,
    )

  await t.test('a network that lost its options on the way is refused, and says why', async (t) => {
    // The engine waits 20 s for its own manager, and then tells the user no more than that.
    const attempts = ([['lost'], ['inner', '--internal']] as const).map(async ([name, ...args], index) => {
      await create('--subnet', `10.6${index}.0.0/24`, '-o', 'rate=10mbit', ...args, name)
      await manager.engine.refusal('run', '--name', name, '--network', name, 'iperf')
      await manager.engine.cli('rm', '-f', name)
      await manager.engine.cli('network', 'rm', name)
    })
    const faults = await until('the health to tell of both', async () => {
      const { status, faults } = await control(manager.managed).health()
      return status === 'degraded' && faults.length > 1 && faults
    })
    const why =
      /^network [0-9a-z]{25}: cannot make a network of --scope swarm: .*--config-only.*--config-from/
    t.match(faults, [why, why])
    t.match(manager.managed.log(), /level[^a-z]*warn[^a-z].*reason.*cannot make a network of --scope swarm/)
    await Promise.all(attempts)
  })

  await t.test('a network with --config-from is shaped on every host', async (t) => {
    for (const [index, { engine }] of nodes.entries())
      await engine.cli(
        ...['network', 'create', '--config-only', '--subnet', `10.70.${index}.0/24`],
        ...['-o', 'rate=10mbit', 'web-config'],
      )
    await create('--config-from', 'web-config', 'web')
    for (const { engine, managed } of nodes) {
      await engine.cli('run', '-d', '--name', 'app', '--network', 'web', 'iperf')
      const lab = { engine, driver: 'sluice:latest' }
      t.equal(await capOn(lab, 'web', 'app'), 10e6)
      t.equal(await change(lab, managed, ['web', 'app'], { rate: '5mbit' }), 'name')
      t.equal(await capOn(lab, 'web', 'app'), 5e6)
    }
    for (const { engine } of nodes) await engine.cli('rm', '-f', 'app')
    await manager.engine.cli('network', 'rm', 'web')
  })
})
