/** What addresses are called in an observation, where addresses themselves differ from driver to driver. */
export interface Roles {
  /** Gives an address a name: `lan`, `gateway of web`. IPv6 addresses get a `6` at its end. */
  set(address: string | undefined, role: string): void
  of(address: string): string
  /** Names every address in a text that has one. */
  in(text: string): string
}

const ADDRESS = /\[?\b(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4}(?::[\da-f]{0,4}){2,7})(?:\/\d+)?\b\]?/gi

export function createRoles(): Roles {
  const roles = new Map<string, string>()
  const of = (address: string): string => roles.get(canonical(address)) ?? 'an unknown address'
  return {
    of,
    set(address, role) {
      if (address) roles.set(canonical(address), address.includes(':') ? `${role}6` : role)
    },
    in: (text) => text.replace(ADDRESS, (address) => roles.get(canonical(address)) ?? 'ADDRESS'),
  }
}

/**
 * An address in its one shortest form, without brackets and prefix length; an IPv4 address in IPv6's clothes
 * is IPv4.
 */
export function canonical(text: string): string {
  const bare = text.replace(/^\[|\]$|\/\d+$/g, '')
  const mapped = /^(?:0*:)*:?ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(bare)
  if (mapped) return dotted(mapped[1], mapped[2])
  if (/^::ffff:[\d.]+$/i.test(bare)) return bare.slice(7)
  if (!bare.includes(':') || !URL.canParse(`http://[${bare}]`)) return bare
  return new URL(`http://[${bare}]`).hostname.slice(1, -1)
}

const dotted = (high = '', low = ''): string =>
  [high, low].flatMap((half) => [parseInt(half, 16) >> 8, parseInt(half, 16) & 255]).join('.')
