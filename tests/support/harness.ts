import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Engine } from './engine.ts'
import { iperf } from './traffic.ts'

const composeFile = `
version: "2.4"
services:
  server:
    image: busybox
    networks: [backend]
  client:
    image: busybox
    networks: [backend]
networks:
  backend: {}
`

/** The harness itself, by means of Docker's own bridge driver. */
export async function provesHarness(t: Test, engine: Engine): Promise<void> {
  await engine.importImages()

  await t.test('two containers on a network ping each other by name and leave nothing behind', async (t) => {
    const before = await engine.snapshot()
    await engine.cli('network', 'create', 'plain')
    for (const name of ['aa', 'bb'])
      await engine.cli('run', '-d', '--name', name, '--network', 'plain', 'iperf')
    await engine.cli('exec', 'aa', 'ping', '-c', '1', '-W', '2', 'bb')
    const { bitsPerSecond } = await iperf(engine, { from: 'aa', to: 'bb', seconds: 1 })
    t.ok(bitsPerSecond > 1e8, `an unshaped link is fast: ${Math.round(bitsPerSecond / 1e6)} Mbit/s`)
    t.not(await engine.snapshot(), before, 'the snapshot sees the network')
    await engine.cli('rm', '-f', 'aa', 'bb')
    await engine.cli('network', 'rm', 'plain')
    t.equal(await engine.snapshot(), before)
  })

  await t.test('a compose file with two services goes up and down', async (t) => {
    const dir = join(engine.dir, 'pair')
    mkdirSync(dir)
    writeFileSync(join(dir, 'docker-compose.yml'), composeFile)
    const before = await engine.snapshot()
    await engine.compose(dir, 'up', '-d')
    await engine.compose(dir, 'exec', '-T', 'client', 'ping', '-c', '1', '-W', '2', 'server')
    await engine.compose(dir, 'down', '-t', '0')
    t.equal(await engine.snapshot(), before)
  })

  await t.test('containers outlive dockerd that is killed, and not the power', async (t) => {
    await engine.cli('run', '-d', '--name', 'cc', 'busybox')
    await engine.kill()
    await t.rejects(engine.cli('ps'))
    await engine.start()
    t.match(await engine.cli('ps', '-a'), 'cc')
    await engine.reboot()
    await engine.start()
    t.match(await engine.cli('ps', '-a'), /Exited.* cc$/m)
    await engine.cli('rm', '-f', 'cc')
  })
}
