import type { RouteForm } from '../route.ts'
import type { Schema } from './schema.ts'

/** The names of a route's path parameters. */
export const pathParameters = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? [])

/** The schemas by which Fastify checks a request, the same ones that the OpenAPI description shows. */
export interface RequestSchema {
  readonly params: Schema
  readonly querystring: Schema
  readonly body?: Schema
}

export function requestSchema({ path, query = {}, body }: RouteForm): RequestSchema {
  const names = pathParameters(path)
  return {
    params: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      required: names,
    },
    querystring: { type: 'object', properties: query, additionalProperties: false },
    ...(body ? { body: body.schema } : {}),
  }
}

/** An error as Ajv reports it. */
export interface Fault {
  readonly keyword: string
  /** JSON pointer */
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

/**
 * Describes an invalid request: the place, and what was expected there.
 *
 * @param part `body`, `querystring`, `params`
 */
export function faultText(
  { keyword, instancePath, params, message = 'is invalid' }: Fault,
  part: string,
): string {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 60))
  const place = (...more: unknown[]): string => [...path, ...more].join('.') || part
  switch (keyword) {
    case 'required':
      return `${place(params.missingProperty)}: expected, but it is missing`
    case 'additionalProperties':
      return `${place(String(params.additionalProperty).slice(0, 60))}: unknown`
    case 'type':
      return `${place()}: expected ${[params.type].flat().join(' or ')}`
    case 'enum':
      return `${place()}: expected one of ${[params.allowedValues].flat().join(', ')}`
    default:
      return `${place()}: ${message.replace(/^must /, 'expected to ')}`
  }
}
