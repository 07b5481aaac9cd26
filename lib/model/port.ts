import type { Protocol } from '../values/protocols.ts'
/** What an engine asks for with one `-p`. */
export interface PortRequest {
  readonly proto: Protocol
  /** of the container, 1 to 65535 */
  readonly port: number
  /** address of the host; absent for any */
  readonly host?: string
  /** the host's port, or the first and the last to choose from; 0 for whatever is free */
  readonly first: number
  readonly last: number
  /** what comes by IPv6 is not to be relayed to a container that has IPv4 alone */
  readonly unrelayed?: true
}

/** A port of the container that is reached from outside. */
export interface PublishedPort {
  readonly proto: Protocol
  /** address of the host, `0.0.0.0` or `::` for all of a family */
  readonly host: string
  /** 0 where there is no NAT: the container's own port is open, on its own address */
  readonly hostPort: number
  /** of the container */
  readonly port: number
}

export const ANY4 = '0.0.0.0'

export const ANY6 = '::'
