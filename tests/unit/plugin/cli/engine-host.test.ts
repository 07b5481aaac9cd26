import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { engineSocket } from '../../../../plugin/cli/engine/engine-host.ts'

/** A folder of Docker's client with contexts: name → host. */
function configFolder(t: Test, contexts: Record<string, string>, current?: string): string {
  const meta = Object.entries(contexts).map(([name, Host]) => [
    createHash('sha256').update(name).digest('hex'),
    { 'meta.json': JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host } } }) },
  ])
  return t.testdir({
    contexts: { meta: Object.fromEntries(meta) },
    ...(current === undefined ? {} : { 'config.json': JSON.stringify({ currentContext: current }) }),
  })
}

t.test(
  'engineSocket() finds the engine as Docker does: option, then environment, then configuration',
  async (t) => {
    const DOCKER_CONFIG = configFolder(t, { one: 'unix:///one.sock', two: 'unix:///two.sock' }, 'two')
    for (const [globals, environment, expected] of [
      [{}, { HOME: '/nowhere' }, '/var/run/docker.sock'],
      [{}, { DOCKER_CONFIG }, '/two.sock'],
      [{ config: DOCKER_CONFIG }, {}, '/two.sock'],
      [{}, { DOCKER_CONFIG, DOCKER_CONTEXT: 'one' }, '/one.sock'],
      [{}, { DOCKER_CONFIG, DOCKER_CONTEXT: 'default' }, '/var/run/docker.sock'],
      [{}, { DOCKER_CONFIG, DOCKER_CONTEXT: 'one', DOCKER_HOST: 'unix:///env.sock' }, '/env.sock'],
      [{ context: 'two' }, { DOCKER_CONFIG, DOCKER_HOST: 'unix:///env.sock' }, '/two.sock'],
      [{ host: 'unix:///flag.sock' }, { DOCKER_CONFIG, DOCKER_HOST: 'unix:///env.sock' }, '/flag.sock'],
    ] as const)
      t.equal(engineSocket(globals, environment), expected, JSON.stringify([globals, environment]))
  },
)

t.test('engineSocket() refuses what it cannot use', async (t) => {
  const DOCKER_CONFIG = configFolder(t, { far: 'ssh://root@far' }, 'far')
  for (const [globals, environment, message] of [
    [{}, { DOCKER_CONFIG }, /ssh:\/\/root@far.*run docker sluice there/],
    [{}, { DOCKER_HOST: 'tcp://10.0.0.1:2375' }, /tcp:\/\/10\.0\.0\.1:2375/],
    [{ context: 'none' }, { DOCKER_CONFIG }, /context "none"/],
    [{ context: 'far', host: 'unix:///x' }, {}, /both --host and --context/],
  ] as const)
    t.throws(() => engineSocket(globals, environment), { message })
})
