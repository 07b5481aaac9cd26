import { InvalidRequestError } from '../lib/errors.ts'
import type { PortRequest, Protocol } from '../lib/plan/ports.ts'
import type { CreateEndpointRequest, PortMapping } from './messages.ts'

const PROTOCOLS: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

/** What `-p` came to, as the engine has resolved it. @throws {InvalidRequestError} a protocol that has no ports */
export function portRequests({ Options }: Pick<CreateEndpointRequest, 'Options'>): PortRequest[] {
  const mappings = (Options?.['com.docker.network.portmap'] ?? []) as readonly PortMapping[]
  // Engines from 28: IPv6 is another endpoint's of the same container.
  const isOthers = Options?.['com.docker.network.driver.private.no_proxy_6to4'] === true
  return mappings.map((mapping) => ({ ...portRequest(mapping), ...(isOthers ? { unrelayed: true } : {}) }))
}

function portRequest({ Proto, Port, HostIP, HostPort, HostPortEnd }: PortMapping): PortRequest {
  const proto = PROTOCOLS[Proto]
  if (!proto) throw new InvalidRequestError(`-p ${Port}: expected tcp, udp or sctp, got IP protocol ${Proto}`)
  return {
    proto,
    port: Port,
    ...(HostIP ? { host: HostIP } : {}),
    first: HostPort ?? 0,
    last: HostPortEnd || (HostPort ?? 0),
  }
}
