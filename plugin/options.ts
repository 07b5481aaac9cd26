import { InvalidRequestError, messageOf } from '../lib/errors.ts'
import type { LinkOptions } from '../lib/plan/network.ts'
import { parseRate, parseSize } from '../lib/units.ts'

type Scope = 'network' | 'attachment'

/** One driver option: how it is read, and all that the documents say of it. */
export interface Option<T> {
  readonly scopes: readonly Scope[]
  /** what is expected, for the documents */
  readonly value: string
  readonly default: string
  readonly meaning: string
  /** @throws {InvalidRequestError} without the option's name, which is put before it */
  readonly parse: (text: string) => T
}

const LINK: readonly Scope[] = ['network', 'attachment']
const NETWORK: readonly Scope[] = ['network']

const option = <T>(
  scopes: readonly Scope[],
  parse: (text: string) => T,
  doc: { value: string; default: string; meaning: string },
): Option<T> => ({ scopes, parse, ...doc })

const RATE_VALUE =
  'bit rate, 8kbit to 400gbit: `10mbit`, `1.5gbit`, `64kibit`; in bytes a second `12mbyte`, `12mibyte`'
const NO_CAP = 'no cap'

function parseBoolean(text: string): boolean {
  // As Go's strconv.ParseBool, which reads these for Docker's own driver.
  if (/^(1|t|true)$/i.test(text)) return true
  if (/^(0|f|false)$/i.test(text)) return false
  throw new InvalidRequestError(`expected true or false, got "${text.slice(0, 40)}"`)
}

function parseMtu(text: string): number {
  const mtu = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (mtu >= 68 && mtu <= 65_535) return mtu
  throw new InvalidRequestError(`expected bytes from 68 to 65535, got "${text.slice(0, 40)}"`)
}

/** 15 bytes and none of what the kernel, `ip -batch` or a set of nft's would take for something else. */
const interfaceName = (longest: number) => (text: string) => {
  if (new RegExp(`^[A-Za-z0-9_.-]{1,${longest}}$`).test(text) && !/^\.\.?$|^-/.test(text)) return text
  throw new InvalidRequestError(
    `expected an interface's name, at most ${longest} of letters, digits, "_", "." and "-", got "${text.slice(0, 40)}"`,
  )
}

/** Takes part in the engine's own work and is not ours to read. */
const engines = option(NETWORK, () => undefined, {
  value: 'as Docker',
  default: 'as Docker',
  meaning: 'carried out by the engine itself',
})

/**
 * Every option there is. What is not here is refused; the documents are generated from here.
 * Keys are read without regard to case.
 */
export const OPTIONS = {
  rate: option(LINK, parseRate, {
    value: RATE_VALUE,
    default: NO_CAP,
    meaning:
      'cap on what the container sends, and on what it receives; an attachment’s stands over the network’s rate.up and rate.down too',
  }),
  'rate.up': option(LINK, parseRate, {
    value: RATE_VALUE,
    default: '`rate`',
    meaning: 'cap on what the container sends',
  }),
  'rate.down': option(LINK, parseRate, {
    value: RATE_VALUE,
    default: '`rate`',
    meaning: 'cap on what the container receives',
  }),
  burst: option(LINK, parseSize, {
    value: 'size in bytes, at least one frame: `64kb`, `1mib`',
    default: 'the larger of 2·(MTU+14) and 4 ms at the rate',
    meaning: 'sent at once after a pause',
  }),
  'com.docker.network.bridge.name': option(NETWORK, interfaceName(15), {
    value: "an interface's name, at most 15 characters",
    default: '`sl-` and 12 digits of the network id',
    meaning: "the bridge's name; one that is taken is an error",
  }),
  'com.docker.network.bridge.enable_ip_masquerade': option(NETWORK, parseBoolean, {
    value: '`true` or `false`',
    default: '`true`',
    meaning: "what leaves the network gets the host's address",
  }),
  'com.docker.network.bridge.inhibit_ipv4': option(NETWORK, parseBoolean, {
    value: '`true` or `false`',
    default: '`false`',
    meaning: 'the bridge gets no IPv4 address',
  }),
  'com.docker.network.driver.mtu': option(NETWORK, parseMtu, {
    value: 'bytes, 68 to 65535',
    default: 'that of the default route',
    meaning: 'MTU of the bridge and of every link',
  }),
  'com.docker.network.container_iface_prefix': option(NETWORK, interfaceName(12), {
    value: 'at most 12 characters',
    default: '`eth`',
    meaning: "beginning of the interface's name in the container",
  }),
  'com.docker.network.enable_ipv4': engines,
  'com.docker.network.enable_ipv6': engines,
  'com.docker.network.advertise_addr_nmsgs': engines,
  'com.docker.network.advertise_addr_ms': engines,
} as const satisfies Readonly<Record<string, Option<unknown>>>

export type OptionName = keyof typeof OPTIONS
type Parsed = { -readonly [K in OptionName]?: NonNullable<ReturnType<(typeof OPTIONS)[K]['parse']>> }

const isOption = (key: string): key is OptionName => Object.hasOwn(OPTIONS, key)
const shown = (key: string): string => JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)

/** @throws {InvalidRequestError} beginning with the option's name */
function parseOptions(given: Readonly<Record<string, unknown>>, scope: Scope): Parsed {
  const parsed: Record<string, unknown> = {}
  for (const [written, value] of Object.entries(given)) {
    const key = written.toLowerCase()
    if (!isOption(key)) throw new InvalidRequestError(unknownOption(written, scope))
    if (!(OPTIONS[key].scopes as readonly Scope[]).includes(scope))
      throw new InvalidRequestError(
        `${key}: expected on the network (docker network create -o), not on one attachment`,
      )
    if (key in parsed) throw new InvalidRequestError(`${key}: given twice`)
    parsed[key] = parseValue(key, String(value))
  }
  return parsed as Parsed
}

function parseValue(key: OptionName, value: string): unknown {
  try {
    return OPTIONS[key].parse(value)
  } catch (error) {
    throw new InvalidRequestError(`${key}: ${messageOf(error)}`)
  }
}

function unknownOption(written: string, scope: Scope): string {
  const known = (Object.keys(OPTIONS) as OptionName[]).filter((key) =>
    (OPTIONS[key].scopes as readonly Scope[]).includes(scope),
  )
  const near = known
    .map((key) => ({ key, distance: editDistance(written.toLowerCase().slice(0, 60), key) }))
    .filter(({ key, distance }) => distance <= Math.max(1, Math.floor(key.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)[0]
  const hint = near
    ? `did you mean ${near.key}?`
    : `expected one of ${known.filter((key) => !key.includes('docker')).join(', ')}, or Docker's own`
  return `${shown(written).slice(1, -1)}: unknown option, ${hint}`
}

/** Changes from one word to the other: a character more, less or another, or two neighbours swapped. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + other,
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

const linkOptionsOf = (parsed: Parsed): LinkOptions => {
  const names = ['rate', 'rate.up', 'rate.down', 'burst'] as const
  return Object.fromEntries(
    names.flatMap((name) => (parsed[name] === undefined ? [] : [[name, parsed[name]]])),
  )
}

/** A network's options. */
export interface NetworkOptions {
  readonly link: LinkOptions
  readonly bridge: string | undefined
  readonly mtu: number | undefined
  readonly masquerade: boolean
  readonly inhibitIpv4: boolean
  readonly interfacePrefix: string
}

/** @param given `com.docker.network.generic` of CreateNetwork @throws {InvalidRequestError} beginning with the option's name */
export function parseNetworkOptions(given: Readonly<Record<string, unknown>>): NetworkOptions {
  const parsed = parseOptions(given, 'network')
  return {
    link: linkOptionsOf(parsed),
    bridge: parsed['com.docker.network.bridge.name'],
    mtu: parsed['com.docker.network.driver.mtu'],
    masquerade: parsed['com.docker.network.bridge.enable_ip_masquerade'] ?? true,
    inhibitIpv4: parsed['com.docker.network.bridge.inhibit_ipv4'] ?? false,
    interfacePrefix: parsed['com.docker.network.container_iface_prefix'] ?? 'eth',
  }
}

/**
 * An attachment's own options.
 *
 * @param given `Options` of CreateEndpoint, where the engine's own labels stand beside the user's options
 * @throws {InvalidRequestError} beginning with the option's name
 */
export const parseAttachmentOptions = (given: Readonly<Record<string, unknown>>): LinkOptions =>
  linkOptionsOf(
    parseOptions(
      Object.fromEntries(
        Object.entries(given).filter(([key]) => !key.toLowerCase().startsWith('com.docker.')),
      ),
      'attachment',
    ),
  )

/** Checks what no option can check alone. @param mtu bytes @throws {InvalidRequestError} beginning with the option's name */
export function checkLinkOptions(options: LinkOptions, mtu: number): void {
  const { burst } = options
  if (burst === undefined) return
  if (options.rate === undefined && options['rate.up'] === undefined && options['rate.down'] === undefined)
    throw new InvalidRequestError('burst: expected together with rate, rate.up or rate.down')
  if (burst < mtu + 14)
    throw new InvalidRequestError(
      `burst: expected at least one frame, ${mtu + 14} bytes at an MTU of ${mtu}, got ${burst}`,
    )
}
