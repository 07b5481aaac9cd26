import t from 'tap'
import { repaired, unrepaired } from '../../../../../lib/model/finding.ts'
import { idOf, NETWORK } from '../../../../support/messages.ts'
import { openServer } from '../../../fixtures/parts.ts'

t.test('health counts repairs, and lists what is not repaired as text and as data', async (t) => {
  const { server, findings } = await openServer(t)
  const health = async () => (await server.inject({ method: 'GET', url: '/v1/health' })).json()
  t.match(await health(), { status: 'ok', repairs: 0, faults: [], findings: [] })
  const about = { network: NETWORK, endpoint: idOf('e1') }
  findings.report('shapes', [
    { ...unrepaired('link sv-1', 'foreign qdisc', about), feature: 'shaping' },
    { ...repaired('link sv-2', 'deleted stray link sv-2'), feature: 'link' },
  ])
  const { since, ...finding } = (await health()).findings[0]
  t.ok(Date.now() - since < 60_000, `${since}`)
  t.strictSame(finding, {
    ...{ feature: 'shaping', object: 'link sv-1', fault: 'foreign qdisc', severity: 'error' },
    ...about,
  })
  t.match(await health(), { status: 'degraded', repairs: 1, faults: ['foreign qdisc'] })
  findings.report('shapes', [])
  t.match(await health(), { status: 'ok', repairs: 1, faults: [], findings: [] })
})
