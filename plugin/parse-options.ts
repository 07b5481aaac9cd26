import { messageOf, OptionError } from '../lib/errors.ts'
import { byDirection, inForce, type LinkContext, type LinkOptions, linkFault } from '../lib/plan/link.ts'
import { PROFILES } from '../lib/profiles.ts'
import { nearest } from './nearest.ts'
import { fullName, isLive, isOption, OPTIONS, type OptionName, type Parsed, type Scope } from './options.ts'

type Given = Readonly<Record<string, unknown>>
/** Options that can change, as the user wrote them, by their names. */
export type GivenText = Readonly<Record<string, string>>

const shown = (key: string): string => JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)

/** @throws {OptionError} */
function parseOptions(given: Given, scope: Scope): Parsed {
  const parsed: Record<string, unknown> = {}
  for (const [written, value] of Object.entries(given)) {
    const key = fullName(written)
    if (!isOption(key)) throw unknownOption(written, scope)
    if (!(OPTIONS[key].scopes as readonly Scope[]).includes(scope))
      throw new OptionError(key, 'expected on the network (docker network create -o), not on one attachment')
    if (key in parsed) throw new OptionError(key, 'given twice')
    parsed[key] = parseValue(key, String(value))
  }
  return parsed as Parsed
}

function parseValue(key: OptionName, value: string): unknown {
  try {
    return OPTIONS[key].parse(value)
  } catch (error) {
    throw new OptionError(key, messageOf(error))
  }
}

/** The keys that may be given there, in the order of the table. */
export const optionNames = (scope: Scope): OptionName[] =>
  (Object.keys(OPTIONS) as OptionName[]).filter((key) =>
    (OPTIONS[key].scopes as readonly Scope[]).includes(scope),
  )

export function unknownOption(written: string, scope: Scope): OptionError {
  const known = optionNames(scope)
  const near = nearest(written, known)
  const hint = near
    ? `did you mean ${near}?`
    : `expected one of ${known.filter((key) => !key.includes('docker')).join(', ')}, or Docker's own`
  return new OptionError(shown(written).slice(1, -1), `unknown option, ${hint}`)
}

const LINK_KEYS = optionNames('attachment').filter((key) => key !== 'link')
const UPLINK = {
  'uplink.rate': 'rate',
  'uplink.rate.up': 'rate.up',
  'uplink.rate.down': 'rate.down',
  'uplink.delay': 'delay',
  'uplink.jitter': 'jitter',
  'uplink.loss': 'loss',
} as const satisfies Partial<Record<OptionName, keyof LinkOptions>>

const pick = (parsed: Given, names: readonly (readonly [string, string])[]): LinkOptions =>
  Object.fromEntries(names.flatMap(([from, to]) => (parsed[from] === undefined ? [] : [[to, parsed[from]]])))

/** One layer: the profile's options below those that were named one by one. */
function layerOf(parsed: Parsed): LinkOptions {
  const own = pick(
    parsed,
    LINK_KEYS.map((key) => [key, key]),
  )
  const profile = parsed.link === undefined ? undefined : PROFILES[parsed.link]
  if (!profile) return own
  const base = parseOptions(profile.options, 'attachment')
  return inForce(
    pick(
      base,
      LINK_KEYS.map((key) => [key, key]),
    ),
    own,
  )
}

const textOf = (given: Given): GivenText =>
  Object.fromEntries(
    Object.entries(given)
      .map(([key, value]) => [fullName(key), String(value).trim()] as const)
      .filter(([key]) => isLive(key)),
  )

/** What of a network's options can change while it lives. */
export interface NetworkShape {
  readonly options: LinkOptions
  /** bit/s */
  readonly shared?: number
  readonly uplink?: LinkOptions
  readonly given: GivenText
}

/** A network's options. */
export interface NetworkOptions {
  readonly shape: NetworkShape
  readonly bridge: string | undefined
  readonly mtu: number | undefined
  readonly masquerade: boolean
  readonly inhibitIpv4: boolean
  readonly interfacePrefix: string
}

/** @param given `com.docker.network.generic` of CreateNetwork @throws {OptionError} */
export function parseNetworkOptions(given: Given): NetworkOptions {
  const parsed = parseOptions(given, 'network')
  const shared = parsed['network.rate']
  const uplink = pick(parsed, Object.entries(UPLINK))
  return {
    shape: {
      options: layerOf(parsed),
      ...(shared === undefined ? {} : { shared }),
      ...(Object.keys(uplink).length === 0 ? {} : { uplink }),
      given: textOf(given),
    },
    bridge: parsed['com.docker.network.bridge.name'],
    mtu: parsed['com.docker.network.driver.mtu'],
    masquerade: parsed['com.docker.network.bridge.enable_ip_masquerade'] ?? true,
    inhibitIpv4: parsed['com.docker.network.bridge.inhibit_ipv4'] ?? false,
    interfacePrefix: parsed['com.docker.network.container_iface_prefix'] ?? 'eth',
  }
}

/** An attachment's own options, and as they were written. */
export interface AttachmentOptions {
  readonly options: LinkOptions
  readonly given: GivenText
}

/**
 * @param given `Options` of CreateEndpoint, where the engine's own labels stand beside the user's options
 * @throws {OptionError}
 */
export function parseAttachmentOptions(given: Given): AttachmentOptions {
  const own = Object.fromEntries(
    Object.entries(given).filter(([key]) => !key.toLowerCase().startsWith('com.docker.')),
  )
  return { options: layerOf(parseOptions(own, 'attachment')), given: textOf(own) }
}

/** Checks what no option can check alone. @throws {OptionError} */
export function checkLinkOptions(options: LinkOptions, context: LinkContext): void {
  const fault = linkFault(byDirection(options), context)
  if (fault) throw new OptionError(...fault)
}

/** The same for a network's own: those of its uplink are named as the user knows them. @throws {OptionError} */
export function checkNetworkShape({ options, shared, uplink = {} }: NetworkShape, mtu: number): void {
  checkLinkOptions(options, { mtu, shared, uplink })
  const fault = linkFault(byDirection(uplink), { mtu })
  if (fault)
    throw new OptionError(
      `uplink.${fault[0]}`,
      fault[1].replace('delay, delay.up or delay.down', 'uplink.delay'),
    )
}

/**
 * The options after a change: a text sets, null unsets.
 *
 * @throws {OptionError} no such option there, or one that cannot change while its network lives
 */
export function changeGiven(
  given: GivenText,
  change: Readonly<Record<string, string | null>>,
  scope: Scope,
): GivenText {
  const result: Record<string, string> = { ...given }
  for (const [written, value] of Object.entries(change)) {
    const key = fullName(written)
    if (!isOption(key)) throw unknownOption(written, scope)
    if (!isLive(key))
      throw new OptionError(key, 'expected when the network is created; it cannot change later')
    if (!(OPTIONS[key].scopes as readonly Scope[]).includes(scope))
      throw new OptionError(key, 'expected on the network, not on one attachment')
    if (value === null) delete result[key]
    else result[key] = value.trim()
  }
  return result
}
