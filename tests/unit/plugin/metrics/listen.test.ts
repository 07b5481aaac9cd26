import type { AddressInfo } from 'node:net'
import t from 'tap'
import { listenMetrics } from '../../../../plugin/metrics/listen.ts'
import { processSamples } from '../../../../plugin/metrics/process.ts'
import { Registry } from '../../../../plugin/metrics/registry.ts'

t.test('listenMetrics() serves GET /metrics and nothing else', async (t) => {
  const metrics = new Registry((error) => void t.fail(String(error)))
  metrics.add(processSamples)
  const server = await listenMetrics(metrics, { host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const at = `http://127.0.0.1:${port}`
  const found = await fetch(`${at}/metrics`)
  t.equal(found.status, 200)
  t.equal(found.headers.get('content-type'), 'text/plain; version=0.0.4')
  t.match(await found.text(), /^# HELP sluice_networks /)
  t.equal((await fetch(`${at}/`)).status, 404)
  t.equal((await fetch(`${at}/metrics`, { method: 'POST' })).status, 404)
  await t.rejects(listenMetrics(metrics, { host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
})
