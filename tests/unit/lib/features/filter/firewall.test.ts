import t from 'tap'
import { createNetwork, idOf } from '../../../../support/messages.ts'
import { until } from '../../../../support/until.ts'
import { agreeableHost } from '../../../fixtures/fake-tc.ts'
import { openServer, post } from '../../../fixtures/parts.ts'

t.test('admit() adds a network’s rules after the answer to its call', async (t) => {
  const host = agreeableHost()
  const { server, inject, listen } = await openServer(t, host)
  const socket = await listen()
  // From the first network on nft is known to work.
  await inject('NetworkDriver.CreateNetwork', createNetwork())
  const events: string[] = []
  server.server.on('request', (_request, response) => response.on('finish', () => events.push('answer')))
  const { run } = host
  host.run = (program, lines, mode) => {
    if (lines.some((line) => line.includes('element inet sluice bridges'))) events.push('rules')
    return run(program, lines, mode)
  }
  const other = createNetwork(
    {},
    { NetworkID: idOf('a2'), IPv4Data: [{ Gateway: '10.8.0.1/24', Pool: '10.8.0.0/24' }] },
  )
  const { status } = await post(socket, 'NetworkDriver.CreateNetwork', JSON.stringify(other))
  t.equal(status, 200)
  await until('the rules', async () => events.includes('rules'))
  t.strictSame(events, ['answer', 'rules'])
})
