import type { LinkOptions } from './link.ts'
import type { Kept, NetworkSpec } from './network.ts'
import type { PublishedPort } from './port.ts'

/** A container's attachment as it should be on the host. */
export interface EndpointSpec {
  readonly id: string
  readonly networkId: string
  /** six bytes, as `02:42:0a:80:00:02` */
  readonly mac: string
  /** the member's place on its network, 0 to 1023 */
  readonly slot: number
  /** addresses without prefix length, absent where the network has none of that family */
  readonly address4?: string
  readonly address6?: string
  /**
   * the container publishes ports, whether or not they lead to this endpoint now: it may reach itself through
   * them
   */
  readonly hairpin?: true
  /** ports that are published while this endpoint is its container's gateway */
  readonly ports?: readonly PublishedPort[]
  /** the attachment's own link options; each overrides the network's option of the same name */
  readonly options: LinkOptions
  /** directions that have been shaped since the link was made, and so keep their qdiscs */
  readonly kept?: Kept
  /** the attachment's own options as the user wrote them */
  readonly given?: Readonly<Record<string, string>>
  /** the original `given`, if it has been changed since */
  readonly asked?: Readonly<Record<string, string>>
}

/** Describes an endpoint to people, since no engine has given us a name. */
export const endpointWords = (
  network: Pick<NetworkSpec, 'bridge'> | undefined,
  endpoint: Pick<EndpointSpec, 'address4' | 'address6'> | undefined,
): string =>
  `the container with the address ${endpoint?.address4 ?? endpoint?.address6} on ${network?.bridge}`
