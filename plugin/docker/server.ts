import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { InvalidRequestError, messageOf, OptionError } from '../../lib/values/errors.ts'
import type { Logged } from '../change-log.ts'
import type { ControlRequest, Route } from '../control/route.ts'
import { faultText, requestSchema } from '../control/schema/validation.ts'
import type { Calls } from '../metrics/calls.ts'
import type { Answer } from './messages.ts'
import type { Watch } from './observers.ts'
import type { Drivers, Rpc } from './rpc.ts'

const MEDIA_TYPE = 'application/vnd.docker.plugins.v1.2+json'
/**
 * bytes: an engine puts all ports of a container into one message, and a user's option may be absurdly long
 */
const BODY_LIMIT = 2 ** 24

export interface ServerParts {
  readonly drivers: Drivers
  readonly control: readonly Route[]
  readonly calls: Calls
  readonly watch: Watch
  readonly logger: FastifyBaseLogger
}

/**
 * The plugin's HTTP server: a POST route for every driver method (moby, pkg/plugins/client.go), and the
 * control interface.
 */
export function createServer(parts: ServerParts): FastifyInstance {
  const { drivers, calls, logger } = parts
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    // The engine keeps idle connections open for as long as it likes; closing one just as the engine reuses
    // it fails that call.
    keepAliveTimeout: 0,
    requestTimeout: 0,
    connectionTimeout: 0,
    // A value of the wrong type is refused, not converted.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allowUnionTypes: true,
      },
    },
    schemaErrorFormatter: ([fault], part) => new InvalidRequestError(fault ? faultText(fault, part) : part),
  })
  server.server.headersTimeout = 0

  // The engine sends JSON without declaring it, which Fastify answers with 415 by default.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) =>
    body === ''
      ? done(null, undefined)
      : server.getDefaultJsonParser('error', 'error')(request, String(body), done),
  )

  server.post('/Plugin.Activate', (_request, reply) =>
    reply.type(MEDIA_TYPE).send({ Implements: Object.keys(drivers) }),
  )
  addDrivers(server, parts)
  addControl(server, parts.control)

  server.setErrorHandler((error: unknown, request, reply) => {
    const refused = error instanceof InvalidRequestError
    const call = request.url.slice(1)
    if (isControl(request.url)) {
      const { status, body } = controlError(error)
      if (status >= 500) request.log.error({ call, err: error }, 'failed')
      return reply.code(status).send(body)
    }
    if (refused) request.log.warn({ call, reason: messageOf(error) }, 'refused')
    else request.log.error({ call, err: error }, 'failed')
    calls.called(call, refused ? 'refused' : 'failed')
    // The engine does not distinguish refusals: all of them get 400.
    const { status } = refused ? { status: 400 } : unforeseen(error)
    // The engine's network client reads Err, its IPAM client reads Error.
    return reply
      .code(status)
      .type(MEDIA_TYPE)
      .send({ Err: messageOf(error), Error: messageOf(error) })
  })
  // 404 tells the engine that a method is not supported, so it gets 404 only for methods that we lack.
  server.setNotFoundHandler((request, reply) => {
    const text = `${request.method} ${request.url.slice(0, 200)}: no such method`
    if (isControl(request.url)) return reply.code(404).send({ error: { code: 'not_found', message: text } })
    return reply.code(404).type(MEDIA_TYPE).send({ Err: text, Error: text })
  })
  return server
}

function addDrivers(server: FastifyInstance, { drivers, calls, watch }: ServerParts): void {
  for (const [receiver, methods] of Object.entries(drivers))
    for (const [method, rpc] of Object.entries(methods)) {
      const name = `${receiver}.${method}`
      server.post(`/${name}`, async (request, reply) => {
        const started = performance.now()
        const changed = watch(name, request.body)
        const answer = await answerCall(request, name, rpc as Rpc<unknown>)
        logAfter(request, { call: name, started, changed })
        calls.called(name, 'ok')
        return reply.type(MEDIA_TYPE).send(answer)
      })
    }
}

function addControl(server: FastifyInstance, control: readonly Route[]): void {
  for (const route of control) {
    const { method, path, handle } = route
    server.route({
      method,
      schema: requestSchema(route),
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const { params, query, body } = request as Omit<ControlRequest, 'note'>
        const started = performance.now()
        let change: Logged | undefined
        const answer = await handle({
          params,
          query,
          body,
          note: (what, fields) => (change = { what, fields }),
        })
        logAfter(request, { call: `${method} ${path}`, started, changed: () => change })
        return reply.type('application/json').send(answer)
      },
    })
  }
}

interface Call {
  readonly call: string
  /** ms */
  readonly started: number
  readonly changed: () => Logged | undefined
}

/** Logs a call after its answer was sent: at info if it changed something, else at debug. */
function logAfter({ log }: FastifyRequest, { call, started, changed }: Call): void {
  const ms = Math.round(performance.now() - started)
  setImmediate(() => {
    const change = changed()
    if (change) log.info({ call, ...change.fields, ms }, change.what)
    else log.debug({ call, ms }, 'answered')
  })
}

const isControl = (url: string): boolean => url.startsWith('/v1/')

/** An error as the control interface reports it. */
function controlError(error: unknown): { status: number; body: object } {
  const { status, code } = error instanceof InvalidRequestError ? error : unforeseen(error)
  const option = error instanceof OptionError ? { option: error.option } : {}
  return { status, body: { error: { code, message: messageOf(error), ...option } } }
}

/** Fastify's own errors carry a status: the request cannot be read, or is too large. */
function unforeseen(error: unknown): { status: number; code: string } {
  const { statusCode: status = 500 } = error as { statusCode?: number }
  return { status, code: status < 500 ? 'invalid' : 'failed' }
}

/** @throws {InvalidRequestError} the method expects a message, but the request is empty */
async function answerCall(
  { body: sent, raw, log }: FastifyRequest,
  call: string,
  { handle, undo, body }: Rpc<unknown>,
): Promise<Answer> {
  if (body !== 'none' && (typeof sent !== 'object' || sent === null))
    throw new InvalidRequestError(
      `${call}: empty request; the engine repeats a call like this when the connection broke, try the command again`,
    )
  const answer = await handle(sent)
  if (undo && raw.socket.destroyed) {
    log.warn({ call }, 'the caller went away before the answer: taken back')
    await undo(sent, answer)
  }
  return answer
}
