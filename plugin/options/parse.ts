import { inForce } from '../../lib/features/shaping/link.ts'
import type { LinkOptions } from '../../lib/model/link.ts'
import type { Passage } from '../../lib/model/network.ts'
import { passageOf } from './passage.ts'
import { PROFILES } from './profiles.ts'
import { type Given, readOptions } from './read.ts'
import { fullName, isLive, type OptionName, optionNames, type Parsed } from './table.ts'

/** Options that can change, by name, as the user wrote them. */
export type GivenText = Readonly<Record<string, string>>

const LINK_KEYS = optionNames('attachment')
  .filter((key) => key !== 'link')
  .map((key) => [key, key] as const)

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

/** One layer of options: single options override the profile's. */
function layerOf(parsed: Parsed): LinkOptions {
  const own = pick(parsed, LINK_KEYS)
  const profile = parsed.link === undefined ? undefined : PROFILES[parsed.link]
  return profile ? inForce(pick(readOptions(profile.options, 'attachment'), LINK_KEYS), own) : own
}

const textOf = (given: Given): GivenText =>
  Object.fromEntries(
    Object.entries(given)
      .map(([key, value]) => [fullName(key), String(value).trim()] as const)
      .filter(([key]) => isLive(key)),
  )

/** Those of a network's options that can change while it exists. */
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
  readonly passage: Passage
}

/** @param given `com.docker.network.generic` of CreateNetwork @throws {OptionError} */
export function parseNetworkOptions(given: Given): NetworkOptions {
  const parsed = readOptions(given, 'network')
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
    passage: passageOf(parsed),
  }
}

/** An attachment's own options, parsed and as written. */
export interface AttachmentOptions {
  readonly options: LinkOptions
  readonly given: GivenText
}

/**
 * @param given `Options` of CreateEndpoint, which mixes the engine's own labels with the user's options
 * @throws {OptionError}
 */
export function parseAttachmentOptions(given: Given): AttachmentOptions {
  const own = Object.fromEntries(
    Object.entries(given).filter(([key]) => !key.toLowerCase().startsWith('com.docker.')),
  )
  return { options: layerOf(readOptions(own, 'attachment')), given: textOf(own) }
}
