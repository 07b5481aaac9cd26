import { createServer, type Server } from 'node:http'
import type { Settings } from './settings.ts'

type Result = 'ok' | 'refused' | 'failed'

/** Counters in the Prometheus text format 0.0.4. */
export interface Metrics {
  called(call: string, result: Result): void
  repaired(count: number): void
  text(): string
}

/** @param counts how many networks and endpoints there are now */
export function createMetrics(counts: () => { networks: number; endpoints: number }): Metrics {
  const calls = new Map<string, number>()
  let repairs = 0
  const started = Date.now() / 1000 - process.uptime()
  const sample = (
    name: string,
    help: string,
    type: 'counter' | 'gauge',
    values: readonly (readonly [string, number])[],
  ) =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${values.map(([labels, value]) => `${name}${labels} ${value}\n`).join('')}`
  return {
    called: (call, result) => {
      const labels = `{call="${call.replace(/[^\w./]/g, '_').slice(0, 80)}",result="${result}"}`
      // Unknown paths are a caller's to choose: they must not grow the series without end.
      if (calls.has(labels) || calls.size < 200) calls.set(labels, (calls.get(labels) ?? 0) + 1)
    },
    repaired: (count) => {
      repairs += count
    },
    text: () => {
      const { networks, endpoints } = counts()
      return [
        sample('sluice_networks', 'Networks of this driver.', 'gauge', [['', networks]]),
        sample('sluice_endpoints', 'Attached containers.', 'gauge', [['', endpoints]]),
        sample('sluice_calls_total', 'Driver calls answered.', 'counter', [...calls]),
        sample(
          'sluice_repairs_total',
          'Differences from what should be on the host that were set right.',
          'counter',
          [['', repairs]],
        ),
        sample('process_resident_memory_bytes', 'Resident memory size in bytes.', 'gauge', [
          ['', process.memoryUsage.rss()],
        ]),
        sample(
          'process_start_time_seconds',
          'Start time of the process since the Unix epoch in seconds.',
          'gauge',
          [['', started]],
        ),
      ].join('')
    },
  }
}

/** Serves `GET /metrics`. @throws {Error} the address is taken or not the host's */
export async function listenMetrics(
  metrics: Metrics,
  { host, port }: NonNullable<Settings['metricsListen']>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics'
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(found ? metrics.text() : 'GET /metrics\n')
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return server
}
