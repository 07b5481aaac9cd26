import type { LinkOptions } from './link.ts'

/** A subnet of a network and, on the bridge, the gateway. */
export interface SubnetSpec {
  /** CIDR */
  readonly subnet: string
  /** CIDR: the bridge's address and the subnet's prefix length; absent when the bridge has none here */
  readonly gateway?: string
  /** what containers are told to route through, when it is not the bridge; no prefix length */
  readonly containerGateway?: string
}

/** What stands between a network's containers and the rest of the world, of one address family. */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated'

/** Who may pass, and as whom, as Docker's bridge driver has it; what is absent is as usual there. */
export interface Passage {
  /** the network's containers cannot reach each other */
  readonly icc?: false
  /** `nat` if absent */
  readonly mode4?: GatewayMode
  readonly mode6?: GatewayMode
  /** what leaves gets this address instead of that of the device that it leaves by */
  readonly source4?: string
  readonly source6?: string
  /**
   * interfaces of the host, from which published ports can be reached on the containers' own addresses too
   */
  readonly trusted?: readonly string[]
  /** address of the host that ports are published on when none is named; any if absent */
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
  /** what leaves gets the host's address */
  readonly masquerade: boolean
  /** beginning of the interface's name in the container, `eth` gives eth0 */
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
