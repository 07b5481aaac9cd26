import { createQueue } from '../../lib/values/queue.ts'
import { createLook } from './reading/look.ts'
import { endpoints } from './resources/endpoints.ts'
import { explanations } from './resources/explain.ts'
import { health } from './resources/health.ts'
import { networks } from './resources/networks.ts'
import { profiles } from './resources/profiles.ts'
import { type ControlParts, type Resource, type Route, resource } from './route.ts'
import { openapi } from './schema/openapi.ts'
import { createNaming } from './view/naming.ts'

const RESOURCES: readonly Resource[] = [
  ...networks,
  ...endpoints,
  ...profiles,
  ...health,
  ...explanations,
  resource({
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This description',
    handle: ({ version }) => openapi(RESOURCES, version),
  }),
]

/**
 * The control interface: everything that Docker's own interface cannot express. Routes throw errors;
 * server.ts answers them.
 */
export function controlRoutes(parts: ControlParts): Route[] {
  const naming = createNaming(parts)
  const control = { ...parts, naming, look: createLook({ ...parts, naming }), queue: createQueue() }
  return RESOURCES.map((one) => ({ ...one, handle: (request) => one.handle(control, request) }))
}
