import t from 'tap'
import { createNetwork } from '../../../support/messages.ts'
import { openDriver as open } from '../../fixtures/parts.ts'

const SWARM_ID = 'k2v0dtlwv8n7bdq3zydk2mkxq'
const internal = (is: boolean) => ({ 'com.docker.network.internal': is })
const swarm = (generic: object, options: object = {}) =>
  createNetwork({}, { NetworkID: SWARM_ID, Options: { 'com.docker.network.generic': generic, ...options } })

t.test('CreateNetwork() refuses a Swarm network whose options the engine has dropped', async (t) => {
  for (const message of [swarm({}), swarm({}, internal(true))]) {
    const said: string[] = []
    const { driver, store, touched } = open(t, {}, { refused: (text) => said.push(text) })
    await t.rejects(driver.CreateNetwork(message), {
      name: 'InvalidRequestError',
      message: /^cannot make a network of --scope swarm: .*--config-only.*--config-from/,
    })
    t.strictSame([store.networks(), touched()], [[], []])
    t.match(said, [/^network k2v0dtlwv8n7bdq3zydk2mkxq: cannot make a network/], 'the administrator is told')
  }
})

t.test('CreateNetwork() makes a Swarm network that has them, by --config-from', async (t) => {
  for (const message of [
    swarm({ rate: '10mbit' }, internal(false)),
    swarm({}, internal(false)),
    swarm({ rate: '10mbit' }, internal(true)),
  ]) {
    const { driver, store } = open(t)
    await driver.CreateNetwork(message)
    t.strictSame(
      store.networks().map(({ spec }) => spec.id),
      [SWARM_ID],
    )
  }
})
