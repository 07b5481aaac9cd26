import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Engine } from '../../../../plugin/follower/engine.ts'
import { createFollower } from '../../../../plugin/follower/follower.ts'
import { until } from '../../../support/until.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openParts, socketPath } from '../../fixtures/parts.ts'

/**
 * A follower of what listens on a socket, which `engine` speaks for. How it gets on with real engines is
 * tests/docker's.
 */
async function follow(t: Test, engine: Partial<Engine> = {}, waits: readonly [number, number] = [20, 40]) {
  const socket = socketPath(t)
  const server = createServer().listen(socket)
  await once(server, 'listening')
  const { store, names, close } = openParts(agreeableHost(), t.testdir())
  let connections = 0
  let hangUp = () => {}
  const answers: Engine = {
    id: async () => 'E1',
    networks: async () => new Map(),
    network: async () => undefined,
    containers: async () => [],
    events: async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      hangUp = resolve
      return silence(promise)
    },
    ...engine,
  }
  const said: string[] = []
  const say = (text: string) => said.push(text)
  const follower = createFollower({
    socketPath: socket,
    connect: async () => {
      connections += 1
      return answers
    },
    named: () => undefined,
    log: { info: say, warn: say },
    ...{ store, names, waits },
  })
  t.teardown(() => {
    follower.stop()
    hangUp()
    close()
    server.close()
  })
  follower.start()
  const followed = () => until('it to follow', () => follower.state() === 'followed', { every: 5 })
  return { follower, socket, said, followed, connections: () => connections, hangUp: () => hangUp() }
}

/** No events, until the engine hangs up. */
async function* silence(end: Promise<void>): AsyncGenerator<never> {
  await end
  for (const event of []) yield event
}

t.test('an engine that hangs up is followed again', async (t) => {
  const { followed, hangUp, connections } = await follow(t)
  await followed()
  hangUp()
  await until('another connection', () => connections() === 2, { every: 5 })
  await t.resolves(followed())
})

t.test('one that has been stopped is not woken by us: its socket may be systemd’s', async (t) => {
  const { follower, followed, hangUp, connections, socket, said } = await follow(t)
  const pidFile = socket.replace('.sock', '.pid')
  writeFileSync(pidFile, '1')
  hangUp()
  await until('another connection', () => connections() >= 2 && follower.state() === 'followed', { every: 5 })
  const before = connections()
  rmSync(pidFile)
  hangUp()
  await sleep(200)
  t.equal(connections(), before)
  t.equal(follower.state(), 'not followed: the engine is stopped')
  t.equal(said.filter((text) => text.endsWith('is stopped')).length, 1, 'said once, not with every attempt')
  writeFileSync(pidFile, '2')
  await t.resolves(followed())
})

t.test('a call of the engine ends the wait, but for the shortest', async (t) => {
  const fails = { id: () => Promise.reject(new Error('no')) }
  const { follower, connections } = await follow(t, fails, [20, 60_000])
  // By now it would wait for seconds.
  await until('some attempts', () => connections() === 5, { every: 1 })
  await sleep(60)
  const before = connections()
  follower.nudge()
  follower.nudge()
  await until('an attempt', () => connections() > before, { every: 5, timeout: 200 })
  t.equal(connections(), before + 1)
})
