import { parseAllDocuments } from 'yaml'
import { interpolate, type Variables } from './interpolate.ts'
import type { Attachments, ComposeFile, ComposeNetwork, ComposeService, ServiceNetworks } from './types.ts'

type Tree = Readonly<Record<string, unknown>>

export interface PlainOptions {
  /** name of the project, where neither the file nor a variable has one */
  readonly project: string
  readonly variables: Variables
}

/** Something in the file takes more than the file to read. */
export class BeyondPlainError extends Error {
  override readonly name = 'BeyondPlainError'
}

/**
 * Reads a Compose file that needs no other file, without Compose: variables, anchors, merge keys, `extends`
 * within the file, and profiles. Of what is in it, only what networks are made of is looked at.
 *
 * @throws {BeyondPlainError} it includes or extends other files
 * @throws {Error} it is no such file
 */
export function parsePlain(text: string, { project, variables }: PlainOptions): ComposeFile {
  const documents = parseAllDocuments(text, { merge: true, logLevel: 'silent' })
  const [document] = documents
  if (!('length' in documents) || !document) return {}
  if (documents.length > 1) throw new BeyondPlainError('several documents in one file')
  const [error] = document.errors
  if (error) throw new Error(error.message.split('\n')[0])
  if (document.warnings.length > 0)
    throw new BeyondPlainError(`tags (${document.warnings[0]?.message.split('\n')[0]})`)
  const file = asTree(document.toJS(), 'the file')
  if (file.include !== undefined) throw new BeyondPlainError('"include"')
  const fill = (part: unknown, place: string): Tree => asTree(filled(part ?? {}, variables), place)
  const services = fill(file.services, 'services')
  const networks = fill(file.networks, 'networks')
  const named = typeof file.name === 'string' ? interpolate(file.name, variables) : undefined
  const prefix = projectName(variables.COMPOSE_PROJECT_NAME || named || project)
  const profiles = (variables.COMPOSE_PROFILES ?? '').split(',')
  const isOn = ({ profiles: own }: Tree): boolean =>
    !Array.isArray(own) ||
    own.length === 0 ||
    own.some((one) => one === '*' || profiles.includes(String(one)))
  return {
    networks: mapped(networks, (network, key) => networkOf(network, `${prefix}_${key}`)),
    services: mapped(services, (service, name) =>
      isOn(service) ? serviceOf(extended(name, services, []), name) : undefined,
    ),
  }
}

/** As Compose makes a project's name of its folder's, or of what it is called in the file. */
export const projectName = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[^-_a-z0-9]/g, '')
    .replace(/^[-_]+/, '')

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function asTree(value: unknown, place: string): Tree {
  if (isTree(value)) return value
  throw new Error(`${place}: expected a mapping`)
}

/** @param each gives nothing for what is to be left out */
const mapped = <T>(
  tree: Tree,
  each: (value: Tree, key: string) => T | undefined,
): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) => {
      const made = each(asTree(value ?? {}, key), key)
      return made === undefined ? [] : [[key, made]]
    }),
  )

/** A tree with variables put in; keys have none. */
function filled(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return interpolate(value, variables)
  if (Array.isArray(value)) return value.map((one) => filled(one, variables))
  if (!isTree(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, variables)]))
}

/**
 * A service with what it takes over from others of the file: what it has itself counts, and lists are joined.
 */
function extended(name: string, services: Tree, path: readonly string[]): Tree {
  if (path.includes(name)) throw new Error(`services.${name}: extends itself`)
  const own = asTree(services[name], `services.${name}`)
  if (own.extends === undefined) return own
  const { file, service } = isTree(own.extends) ? own.extends : { service: own.extends }
  if (file !== undefined) throw new BeyondPlainError(`"extends" of ${file}`)
  const base = extended(String(service), services, [...path, name])
  const merged = (key: string) => ({ ...attachmentsOf(base[key]), ...attachmentsOf(own[key]) })
  const ports = [...listOf(base.ports), ...listOf(own.ports)]
  return {
    ...base,
    ...own,
    ...((base.networks ?? own.networks) ? { networks: merged('networks') } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const attachmentsOf = (value: unknown): Tree =>
  Array.isArray(value) ? Object.fromEntries(value.map((name) => [name, null])) : isTree(value) ? value : {}

/** A value that a variable may have made a text. */
const isTrue = (value: unknown): boolean => value === true || /^(true|yes|on|y|1)$/i.test(String(value))

function networkOf(network: Tree, fallback: string): ComposeNetwork {
  const { name, external, internal, enable_ipv6: ipv6, driver, driver_opts: options, ipam } = network
  const isExternal = isTree(external) || isTrue(external)
  return {
    name: typeof name === 'string' ? name : fallback,
    ...(driver === undefined ? {} : { driver: String(driver) }),
    ...(isTree(options) ? { driver_opts: options } : {}),
    ...(isExternal ? { external: true } : {}),
    ...(internal === undefined ? {} : { internal: isTrue(internal) }),
    ...(ipv6 === undefined ? {} : { enable_ipv6: isTrue(ipv6) }),
    ...(isTree(ipam) ? { ipam: ipam as NonNullable<ComposeNetwork['ipam']> } : {}),
  }
}

function serviceOf({ networks, ports, network_mode: mode }: Tree, name: string): ComposeService {
  if (networks !== undefined && networks !== null && typeof networks !== 'object')
    throw new Error(`services.${name}.networks: expected a list or a mapping`)
  return {
    ...(networks ? { networks: networks as ServiceNetworks | Attachments } : {}),
    ...(Array.isArray(ports) ? { ports: ports as NonNullable<ComposeService['ports']> } : {}),
    ...(typeof mode === 'string' ? { network_mode: mode } : {}),
  }
}
