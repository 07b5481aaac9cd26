import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { messageOf } from '../../../lib/errors.ts'
import type { ExplainRequest, Options } from '../../control/types.ts'
import type { Environment } from '../call.ts'
import { type ComposePort, gatewayOf, portTexts } from './compose-ports.ts'

type Words = Readonly<Record<string, unknown>>

/** The part of a Compose file that networks are made of, in its canonical form (compose-spec). */
export interface ComposeFile {
  readonly networks?: Readonly<Record<string, ComposeNetwork | null>>
  readonly services?: Readonly<Record<string, ComposeService>>
}

interface ComposeService {
  readonly networks?: ServiceNetworks
  readonly ports?: readonly ComposePort[]
}

export interface ComposeNetwork {
  readonly name?: string
  readonly driver?: string
  readonly driver_opts?: Words
  readonly external?: boolean
  readonly internal?: boolean
  readonly enable_ipv6?: boolean
  readonly ipam?: { readonly config?: readonly { readonly subnet?: string }[] }
}

/** A service's networks, by the key that each has in the file. */
export type Attachments = Readonly<
  Record<string, { readonly driver_opts?: Words; readonly gw_priority?: number } | null>
>

/** A list in a file as people write it, a map in the canonical form. */
type ServiceNetworks = readonly string[] | Attachments

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
    const endpoints = Object.entries(services).flatMap(([service, { networks: given, ports = [] }]) => {
      const attachments = attachmentsOf(given)
      if (!Object.hasOwn(attachments, key)) return []
      const published = gatewayOf(attachments, networks) === key ? portTexts(ports) : []
      return [
        {
          name: service,
          options: optionsOf(attachments[key]?.driver_opts),
          ...(published.length === 0 ? {} : { ports: published }),
        },
      ]
    })
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

/**
 * Reads a Compose file as Compose does, with variables, `extends` and all, by asking Compose.
 *
 * @param file its path, or `-` for standard input
 * @throws {Error} there is no such file, Compose refuses it, or there is no Compose and the file is not JSON
 */
export async function readCompose(file: string, environment: Environment): Promise<ComposeFile> {
  const text = file === '-' ? await readAll(process.stdin) : await readText(file)
  // By what it was called, Docker's client says which one it is.
  const docker = environment.DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND || 'docker'
  const compose = (...args: string[]) => {
    const asked = promisify(execFile)(docker, ['compose', ...args], { maxBuffer: 2 ** 26 })
    asked.child.stdin?.on('error', () => undefined).end(file === '-' ? text : undefined)
    return asked
  }
  try {
    return JSON.parse((await compose('-f', file, 'config', '--format', 'json')).stdout)
  } catch (error) {
    const found = await compose('version').then(
      () => true,
      () => false,
    )
    if (found)
      throw new Error((error as { stderr?: string }).stderr?.trim() || messageOf(error), { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`explain: needs Docker Compose v2 to read ${file}, unless it is JSON`, { cause: error })
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `open ${file}: no such file or directory` : messageOf(error), {
      cause: error,
    })
  }
}
