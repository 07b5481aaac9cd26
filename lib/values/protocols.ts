/** IANA's numbers of the protocols with ports. Programs cannot resolve the names without /etc/protocols. */
export const PROTOCOL_NUMBERS = { tcp: 6, udp: 17, sctp: 132 } as const

export type Protocol = keyof typeof PROTOCOL_NUMBERS

export const protocolOf = (number: number): Protocol | undefined =>
  (Object.keys(PROTOCOL_NUMBERS) as Protocol[]).find((name) => PROTOCOL_NUMBERS[name] === number)
