import type { ExplainRequest } from '../../control/schema/components.ts'

/** The first Compose that passes a service's `driver_opts` on to the engine. */
const PASSES = [2, 27, 1] as const

/** @param version as `docker compose version --short` prints it: `2.26.1-4`, `v2.40.3`, `1.29.2` */
export function passesAttachmentOptions(version: string): boolean {
  const parts = (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)?.slice(1) ?? []).map((part) => Number(part ?? 0))
  if (parts.length === 0) return true
  for (const [index, least] of PASSES.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}

/**
 * What this Compose would do with the options of attachments.
 *
 * @param version nothing where there is no Compose here
 * @returns the networks as they would be made, and a warning for each attachment
 */
export function asComposeHas(
  networks: readonly ExplainRequest[],
  version: string | undefined,
): { readonly networks: readonly ExplainRequest[]; readonly warnings: readonly string[] } {
  if (version !== undefined && passesAttachmentOptions(version)) return { networks, warnings: [] }
  const dropped = version !== undefined
  const does = !dropped
    ? ''
    : version.startsWith('1.')
      ? ` ${version} refuses them`
      : ` ${version} drops them silently`
  const warnings = networks.flatMap(({ name: network, endpoints }) =>
    endpoints.flatMap(({ name, options }) =>
      Object.keys(options).length === 0
        ? []
        : [
            `WARNING: services.${name}, driver_opts on network ${network}: Compose needs to be 2.27.1 or newer${does && `,${does}`}. With any Compose: docker sluice set ${network}/CONTAINER ${settings(options)}`,
          ],
    ),
  )
  if (!dropped) return { networks, warnings }
  const bare = networks.map((network) => ({
    ...network,
    endpoints: network.endpoints.map((endpoint) => ({ ...endpoint, options: {} })),
  }))
  return { networks: bare, warnings }
}

const settings = (options: ExplainRequest['options']): string =>
  Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
