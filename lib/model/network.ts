import type { LinkOptions } from './link.ts'

/** A subnet of a network and, on the bridge, the gateway. */
export interface SubnetSpec {
  /** CIDR */
  readonly subnet: string
  /**
   * CIDR: the bridge's address and the subnet's prefix length; absent if the bridge has no address in this
   * subnet
   */
  readonly gateway?: string
  /** the gateway that containers use, if it is not the bridge; no prefix length */
  readonly containerGateway?: string
}

/** How traffic of one address family passes between a network's containers and the outside. */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated'

/**
 * Which traffic may pass, and with which source address: options of Docker's bridge driver. An absent one has
 * Docker's default.
 */
export interface Passage {
  /** the network's containers cannot reach each other */
  readonly icc?: false
  /** `nat` if absent */
  readonly mode4?: GatewayMode
  readonly mode6?: GatewayMode
  /** the source address of outgoing packets, instead of the outgoing device's address */
  readonly source4?: string
  readonly source6?: string
  /** host interfaces from which published ports can also be reached on the containers' own addresses */
  readonly trusted?: readonly string[]
  /** the host address for ports that are published without one; any address if absent */
  readonly binding4?: string
}

/** A network as it should be on the host. */
export interface NetworkSpec {
  readonly id: string
  readonly bridge: string
  /** bytes, 68 to 65535 */
  readonly mtu: number
  readonly ipv4: readonly SubnetSpec[]
  readonly ipv6: readonly SubnetSpec[]
  /** no gateway for its containers, and no way in or out */
  readonly internal: boolean
  /** outgoing packets get the host's address */
  readonly masquerade: boolean
  /** start of the interface's name in the container: `eth` gives eth0 */
  readonly interfacePrefix: string
  readonly passage?: Passage
  /** the link options: the default for every attachment */
  readonly options: LinkOptions
  /** bit/s that all members share */
  readonly shared?: number
  /** the options of the link between the network and everything outside */
  readonly uplink?: LinkOptions
  /** directions of the uplink that have been shaped, and so keep their qdiscs */
  readonly kept?: Kept
  /** the options that can change while the network lives, as the user wrote them */
  readonly given?: Readonly<Record<string, string>>
}

/** Directions that keep their qdiscs. */
export interface Kept {
  readonly up?: true
  readonly down?: true
}
