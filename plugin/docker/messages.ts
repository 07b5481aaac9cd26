/**
 * The messages that the engine sends and the answers that it reads:
 * daemon/libnetwork/drivers/remote/api/api.go and ipams/remote/api/api.go in moby. Only members that we read
 * or write are declared.
 */

export interface IpamData {
  readonly AddressSpace?: string
  /** CIDR; 0.0.0.0/0 with `--ipam-driver null` */
  readonly Pool: string
  /** CIDR; absent if there is none */
  readonly Gateway?: string
  /** name to CIDR */
  readonly AuxAddresses?: Readonly<Record<string, string>> | null
}

export interface CreateNetworkRequest {
  /** 64 hex digits, or 25 of base 36 for a swarm network */
  readonly NetworkID: string
  readonly Options?: Readonly<Record<string, unknown>> | null
  readonly IPv4Data?: readonly IpamData[] | null
  readonly IPv6Data?: readonly IpamData[] | null
}

export interface NetworkRequest {
  readonly NetworkID: string
}

export interface EndpointRequest extends NetworkRequest {
  readonly EndpointID: string
}

export interface CreateEndpointRequest extends EndpointRequest {
  /** always present; members that are not set are "" */
  readonly Interface?: {
    readonly Address?: string
    readonly AddressIPv6?: string
    readonly MacAddress?: string
  } | null
  readonly Options?: Readonly<Record<string, unknown>> | null
}

export interface JoinRequest extends EndpointRequest {
  readonly SandboxKey: string
  readonly Options?: Readonly<Record<string, unknown>> | null
}

/** An element of the option `com.docker.network.portmap`. */
export interface PortMapping {
  /** IANA protocol number */
  readonly Proto: number
  /** the container's */
  readonly Port: number
  /** "" for any */
  readonly HostIP?: string
  /** 0: any free port */
  readonly HostPort?: number
  /** last port of a range to choose from */
  readonly HostPortEnd?: number
}

export interface JoinResponse {
  readonly InterfaceName: { readonly SrcName: string; readonly DstPrefix: string }
  readonly Gateway?: string
  readonly GatewayIPv6?: string
  readonly DisableGatewayService?: true
}

export interface RequestPoolRequest {
  readonly AddressSpace: string
  /** --subnet, "" if none */
  readonly Pool?: string
  /** --ip-range, "" if none */
  readonly SubPool?: string
  readonly Options?: Readonly<Record<string, string>> | null
  readonly V6?: boolean
}

export interface RequestAddressRequest {
  readonly PoolID: string
  /** "" for any */
  readonly Address?: string
  readonly Options?: Readonly<Record<string, string>> | null
}

export interface ReleaseAddressRequest {
  readonly PoolID: string
  /** without prefix length */
  readonly Address: string
}

export interface ReleasePoolRequest {
  readonly PoolID: string
}

/** A method's answer: the engine expects an object, even if it is empty. */
export type Answer = object
