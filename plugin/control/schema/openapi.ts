import type { RouteForm } from '../route.ts'
import { COMPONENTS, Failure } from './components.ts'
import { type Component, ref } from './schema.ts'
import { pathParameters } from './validation.ts'

const json = (component: Component): object => ({ 'application/json': { schema: ref(component) } })

/** The routes as OpenAPI 3.1. */
export function openapi(routes: readonly RouteForm[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const operations = paths[route.path] ?? {}
    paths[route.path] = operations
    operations[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: "Control interface on the plugin's own Unix socket, which is root's alone.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas: Object.fromEntries(COMPONENTS.map(({ name, schema }) => [name, schema])) },
  }
}

function operationOf({ path, summary, query = {}, body, answer }: RouteForm): object {
  const parameters = [
    ...pathParameters(path).map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
  ]
  return {
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: {
      200: { description: 'done', ...(answer ? { content: json(answer) } : {}) },
      default: { description: 'refused or failed', content: json(Failure) },
    },
  }
}
