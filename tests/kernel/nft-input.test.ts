import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { realHost } from '../../lib/kernel/host.ts'
import { starter } from '../../lib/kernel/programs.ts'
import { endpointSpec, networkSpec } from '../support/messages.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { cleanEnv } from '../support/run.ts'
import { pickyNft } from '../support/wrapped.ts'
import { openReal } from './fixtures/real.ts'

const PATH = pickyNft()
const DONE = { exitCode: 0, stdout: '', stderr: '' }

t.test('an nft that takes no socket for its input', async (t) => {
  using host = await namespaceHost()
  const prefix = [...host.prefix, 'env', `PATH=${PATH}`]

  await t.test('makes a network and a member', async (t) => {
    const parts = await openReal({ ...host, ...realHost({ prefix }) }, t.testdir())
    t.teardown(parts.close)
    const network = networkSpec()
    await parts.networks.addNetwork(network)
    await parts.networks.addEndpoint(endpointSpec())
    t.match(await host.sh('nft list set inet sluice subnets4'), '10.9.0.0/24')
    await parts.networks.removeNetwork(network.id)
    t.equal(await host.sh('nft list tables'), '')
  })

  await t.test('reads more than a pipe holds, says what is wrong, and is given whole inputs', async (t) => {
    const start = starter(prefix)
    const elements = Array.from(
      { length: 20_000 },
      (_, index) => `add element ip many ports { ${index + 1} }`,
    )
    const table = ['add table ip many', 'add set ip many ports { type inet_service; }']
    t.match(await start('nft', ['-f', '-'], [...table, ...elements, ''].join('\n')), DONE)
    t.match(await host.sh('nft list set ip many ports'), '20000')
    const wrong = `add nonsense\n${elements.join('\n')}\n`
    const ended = await Promise.all(Array.from({ length: 10 }, () => start('nft', ['-f', '-'], wrong)))
    for (const one of ended) t.match(one, { exitCode: 1, stderr: /nonsense/ })
    t.match(await start('nft', ['-f', '-'], 'add table ip after\n'), DONE)
  })

  await t.test('waits for it too', async (t) => {
    const [file = '', ...line] = [...prefix, process.execPath, join(import.meta.dirname, 'fixtures/ready.ts')]
    const child = spawn(file, line, { env: cleanEnv, stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    let said = ''
    for await (const part of child.stdout.setEncoding('utf8')) {
      said += part
      if (said.endsWith('\n')) break
    }
    const seen = JSON.parse(said)
    for (const name of ['used', 'dead', 'late']) t.match(seen[name], DONE, name)
    t.match(seen.many, [DONE, DONE, DONE])
  })
})
