/** The family of an address: 4 or 6. */
export type Family = 4 | 6

/** The family of an address or a subnet, in any form. Any other text counts as IPv4. */
export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4)

/** An address as it is written before a port: IPv6 in brackets (RFC 3986, 3.2.2). */
export const bracketed = (host: string): string =>
  familyOf(host) === 6 && !host.startsWith('[') ? `[${host}]` : host
