import type { ExplainRequest, Options } from '../../control/schema/components.ts'
import { gatewayOf, portTexts } from './ports.ts'
import type { Attachments, ComposeFile, ServiceNetworks, Words } from './types.ts'

/** Whether a network of this driver is the plugin's, under whatever repository and tag it was installed. */
const isSluice = (driver: string | undefined): boolean => /^(.+\/)?sluice(:.+)?$/.test(driver ?? '')

const optionsOf = (words: Words | undefined): Options =>
  Object.fromEntries(Object.entries(words ?? {}).map(([key, value]) => [key, String(value)]))

/** Every network of the file that Sluice would make, with the services on it. Pure. */
export function sluiceNetworks({ networks = {}, services = {} }: ComposeFile): readonly ExplainRequest[] {
  return Object.entries(networks).flatMap(([key, network]) => {
    if (!network || network.external || !isSluice(network.driver)) return []
    const { name = key, driver_opts, internal, enable_ipv6, ipam } = network
    const subnets = (ipam?.config ?? []).flatMap(({ subnet }) => (subnet === undefined ? [] : [subnet]))
    const endpoints = Object.entries(services).flatMap(
      ([service, { networks: given, ports = [], network_mode: mode }]) => {
        const attachments = mode === undefined ? attachmentsOf(given) : {}
        if (!Object.hasOwn(attachments, key)) return []
        const published = gatewayOf(attachments, networks) === key ? portTexts(ports) : []
        return [
          {
            name: service,
            options: optionsOf(attachments[key]?.driver_opts),
            ...(published.length === 0 ? {} : { ports: published }),
          },
        ]
      },
    )
    return [
      {
        name,
        options: optionsOf(driver_opts),
        endpoints,
        ...(subnets.length === 0 ? {} : { subnets }),
        ...(enable_ipv6 === undefined ? {} : { ipv6: enable_ipv6 }),
        ...(internal === undefined ? {} : { internal }),
      },
    ]
  })
}

const isList = (given: ServiceNetworks): given is readonly string[] => Array.isArray(given)

function attachmentsOf(given: ServiceNetworks = ['default']): Attachments {
  return isList(given) ? Object.fromEntries(given.map((name) => [name, null])) : given
}

/** Reads what `docker compose config --format json` prints, where a dollar sign is written twice. */
export const parseConfig = (text: string): ComposeFile =>
  JSON.parse(text, (_key, value) => (typeof value === 'string' ? value.replaceAll('$$', '$') : value))
