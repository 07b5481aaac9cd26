import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createMetrics, listenMetrics } from '../../../plugin/metrics.ts'

const counts = () => ({ networks: 2, endpoints: 7 })

t.test('text() is the Prometheus format: help, type and samples of every metric', async (t) => {
  const metrics = createMetrics(counts)
  metrics.called('NetworkDriver.Join', 'ok')
  metrics.called('NetworkDriver.Join', 'ok')
  metrics.called('NetworkDriver.Join', 'failed')
  metrics.repaired(3)
  metrics.repaired(0)
  const text = metrics.text()
  for (const line of [
    'sluice_networks 2',
    'sluice_endpoints 7',
    'sluice_calls_total{call="NetworkDriver.Join",result="ok"} 2',
    'sluice_calls_total{call="NetworkDriver.Join",result="failed"} 1',
    'sluice_repairs_total 3',
    '# TYPE sluice_calls_total counter',
    '# TYPE sluice_networks gauge',
  ])
    t.ok(text.split('\n').includes(line), line)
  for (const line of text.trimEnd().split('\n'))
    t.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{call="[\w./]+",result="\w+"\})? [\d.e+-]+)$/)
  t.ok(text.endsWith('\n'))
})

t.test('called() lets no caller write into the text or grow it without end', async (t) => {
  const metrics = createMetrics(counts)
  metrics.called('x"} 1\nevil 2', 'failed')
  metrics.called('é'.repeat(1e6), 'failed')
  t.notMatch(metrics.text(), /^evil/m)
  for (let n = 0; n < 5000; n += 1) metrics.called(`Nothing.${n}`, 'failed')
  t.ok(metrics.text().split('\n').length < 250)
  t.ok(metrics.text().length < 50_000)
})

t.test('listenMetrics() serves GET /metrics and nothing else', async (t) => {
  const server = await listenMetrics(createMetrics(counts), { host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const at = `http://127.0.0.1:${port}`
  const found = await fetch(`${at}/metrics`)
  t.equal(found.status, 200)
  t.equal(found.headers.get('content-type'), 'text/plain; version=0.0.4')
  t.match(await found.text(), /^# HELP sluice_networks /)
  t.equal((await fetch(`${at}/`)).status, 404)
  t.equal((await fetch(`${at}/metrics`, { method: 'POST' })).status, 404)
  await t.rejects(listenMetrics(createMetrics(counts), { host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
})
