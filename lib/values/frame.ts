const ETHERNET_HEADER = 14

/** bytes of the largest frame on a link with that MTU */
export const frameOf = (mtu: number): number => mtu + ETHERNET_HEADER

/** bytes: the minimum MTU of a device with IPv6 (RFC 8200, 5) */
export const LEAST_IPV6_MTU = 1280
