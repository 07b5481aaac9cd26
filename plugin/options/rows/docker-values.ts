import { type Address, formatAddress, parseAddress } from '../../../lib/values/addresses.ts'
import { InvalidRequestError } from '../../../lib/values/errors.ts'
import type { Family } from '../../../lib/values/families.ts'

/*
 * Values of options with Docker's names, as its bridge driver reads them (moby, bridge_linux.go fromLabels),
 * and refused where they could not be carried out. Errors are InvalidRequestError without the option's name.
 */

const refuse = (expected: string, text: string): never => {
  throw new InvalidRequestError(`expected ${expected}, got "${text.slice(0, 40)}"`)
}

/** As Go's strconv.ParseBool. */
export function parseBoolean(text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true
  if (/^(0|f|false)$/i.test(text)) return false
  return refuse('true or false', text)
}

/** Docker's mark of docker0, which its bridge driver takes for no other network than that. */
export function parseDefaultBridge(text: string): undefined {
  if (parseBoolean(text)) refuse("false, as Docker's docker0 alone is the default bridge", text)
}

/** As Docker, which takes nothing for what was left out: a template may have nothing to put there. */
export const orNothing =
  <T>(parse: (text: string) => T, nothing = '') =>
  (text: string): T | undefined =>
    text === '' || text === nothing ? undefined : parse(text)

/** @returns bytes */
export function parseMtu(text: string): number {
  const mtu = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  return mtu >= 68 && mtu <= 65_535 ? mtu : refuse('bytes from 68 to 65535', text)
}

/** 15 bytes and none of what the kernel, `ip -batch` or a set of nft's would take for something else. */
export const parseInterface = (longest: number) => (text: string) =>
  new RegExp(`^[A-Za-z0-9_.-]{1,${longest}}$`).test(text) && !/^\.\.?$|^-/.test(text)
    ? text
    : refuse(`an interface's name, at most ${longest} of letters, digits, "_", "." and "-"`, text)

const MOST_INTERFACES = 64

/** Names with colons between them. An empty list is none, as for Docker. */
export function parseInterfaces(text: string): readonly string[] {
  const names = [...new Set(text.split(':').filter((name) => name !== ''))]
  if (names.length > MOST_INTERFACES) return refuse(`at most ${MOST_INTERFACES} interfaces`, text)
  return names.map(parseInterface(15))
}

/** What Go's net.ParseIP takes: no prefix length, no zone. @returns its canonical form */
export const parseHost = (text: string) =>
  (readAddress(text, 4) ?? readAddress(text, 6))?.text ?? refuse('an address', text)

/** The same, but one that packets can be sent from. */
export const parseSource = (family: Family) => (text: string) => {
  const found = readAddress(text, family)
  return found && isSource(found) ? found.text : refuse(`an IPv${family} address of the host`, text)
}

function readAddress(text: string, family: Family): (Address & { readonly text: string }) | undefined {
  if (!/^[\da-f:.]{2,45}$/i.test(text)) return undefined
  try {
    const address = parseAddress(text)
    if (address.family !== family) return undefined
    return { ...address, text: formatAddress(family, address.value) }
  } catch {
    return undefined
  }
}

/** Not unspecified, loopback, multicast, broadcast, or IPv4 within IPv6. */
const isSource = ({ family, value }: Address): boolean =>
  family === 4
    ? value >> 24n > 0n && value >> 24n !== 127n && value >> 24n < 224n
    : value > 1n && value >> 120n !== 0xffn && value >> 32n !== 0xffffn
