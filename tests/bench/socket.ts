import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** Posts to the plugin as an engine does, over one connection that stays open. */
export interface Caller {
  /** @throws {Error} the plugin refused, with its words */
  call(method: string, message: object): Promise<Record<string, unknown>>
  close(): void
}

export function openCaller(socketPath: string): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const call: Caller['call'] = async (method, message) => {
    const body = JSON.stringify(message)
    const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(body) }
      request({ agent, socketPath, path: `/${method}`, method: 'POST', headers, timeout: 60_000 })
        .on('error', reject)
        .on('response', (response) => {
          text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject)
        })
        .end(body)
    })
    if (status !== 200) throw new Error(`${method}: ${status}: ${answer}`)
    return JSON.parse(answer)
  }
  return { call, close: () => agent.destroy() }
}
