import { request } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import type {
  Change,
  ChangedEndpoint,
  ChangedNetwork,
  Explained,
  ExplainRequest,
  Health,
  Network,
  Profile,
  Pruned,
} from '../../control/schema/components.ts'

/** ms without a word from the plugin, after which a call has failed */
const PATIENCE = 30_000

/** The control interface of one plugin. */
export interface Client {
  networks(): Promise<readonly Network[]>
  network(id: string, options?: { readonly tree?: boolean }): Promise<Network>
  setNetwork(id: string, change: Change): Promise<ChangedNetwork>
  setEndpoint(network: string, endpoint: string, change: Change): Promise<ChangedEndpoint>
  prune(network: string): Promise<Pruned>
  profiles(): Promise<readonly Profile[]>
  explain(wanted: ExplainRequest): Promise<Explained>
  health(): Promise<Health>
}

/** How a plugin is called where it is not reached. */
interface Manner {
  /** its socket as the engine has it, which may not be how it is reached */
  readonly path?: string
  /** what helps where nobody answers */
  readonly remedy?: string
  /** ms */
  readonly patience?: number | undefined
}

/** @param socketPath the plugin's socket */
export function connectPlugin(
  socketPath: string,
  { path: shown = socketPath, remedy, patience = PATIENCE }: Manner = {},
): Client {
  const call = <T>(method: string, path: string, body?: unknown): Promise<T> =>
    send<T>({ socketPath, shown, remedy, patience, method, path: `/v1/${path}`, body })
  return {
    networks: async () => (await call<{ networks: Network[] }>('GET', 'networks')).networks,
    network: (id, { tree = false } = {}) => call('GET', `networks/${id}${tree ? '?tree=1' : ''}`),
    setNetwork: (id, options) => call('PATCH', `networks/${id}/options`, { options }),
    setEndpoint: (network, endpoint, options) =>
      call('PATCH', `networks/${network}/endpoints/${endpoint}/options`, { options }),
    prune: (network) => call('DELETE', `networks/${network}`),
    profiles: async () => (await call<{ profiles: Profile[] }>('GET', 'profiles')).profiles,
    explain: (wanted) => call('POST', 'explain', wanted),
    health: () => call('GET', 'health'),
  }
}

interface Sent {
  readonly socketPath: string
  readonly shown: string
  readonly remedy: string | undefined
  readonly patience: number
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** @throws {Error} for a person; with the system's error as its cause where the plugin was not reached */
async function send<T>(sent: Sent): Promise<T> {
  const { status, text } = await exchange(sent).catch((error: NodeJS.ErrnoException) => {
    throw new Error(unreached(sent, error), { cause: error })
  })
  const answer = parseAnswer(text)
  if (status === 200 && answer !== undefined) return answer as T
  const message = (answer as { error?: { message?: string } } | undefined)?.error?.message
  throw new Error(`Error response from sluice: ${message ?? `${sent.method} ${sent.path}: status ${status}`}`)
}

interface Answer {
  readonly status: number
  readonly text: string
}

function exchange({ socketPath, patience, method, path, body }: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  // A connection of its own for every call: between two of them the plugin may have been upgraded.
  const call = request({ agent: false, socketPath, method, path, headers, timeout: patience })
  call.on('response', (response) => {
    const { statusCode = 0 } = response
    readAll(response).then((text) => resolve({ status: statusCode, text }), reject)
  })
  call.on('timeout', () => call.destroy(new Error(`no answer within ${patience / 1000} s`)))
  call.on('error', reject)
  call.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreached({ shown, remedy }: Sent, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') return `permission denied at ${shown}: run as root, e.g. sudo docker sluice ls`
  const cause = code === 'ECONNREFUSED' ? 'nobody answers there' : message
  return `cannot reach Sluice at ${shown}: ${cause}${remedy ? `; try: ${remedy}` : ''}`
}
