import { createServer, type Server } from 'node:http'
import type { Settings } from '../settings.ts'
import type { Registry } from './registry.ts'

/** Serves `GET /metrics`. @throws {Error} the address is in use or not one of this host */
export async function listenMetrics(
  metrics: Pick<Registry, 'text'>,
  { host, port }: NonNullable<Settings['metricsListen']>,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics'
    const text = found ? await metrics.text() : 'GET /metrics\n'
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(text)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return server
}
