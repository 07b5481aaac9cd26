import type { Protocol } from '../values/protocols.ts'
/** An engine's request for one `-p`. */
export interface PortRequest {
  readonly proto: Protocol
  /** of the container, 1 to 65535 */
  readonly port: number
  /** address of the host; absent for any */
  readonly host?: string
  /** the host's port, or the first and the last of a range to choose from; 0 for any free port */
  readonly first: number
  readonly last: number
  /** do not relay IPv6 traffic to a container that has only IPv4 */
  readonly unrelayed?: true
}

/** A container's port that the outside can reach. */
export interface PublishedPort {
  readonly proto: Protocol
  /** address of the host, `0.0.0.0` or `::` for all of a family */
  readonly host: string
  /** 0 without NAT: the container's own port is open on its own address */
  readonly hostPort: number
  /** of the container */
  readonly port: number
}

export const ANY4 = '0.0.0.0'

export const ANY6 = '::'
