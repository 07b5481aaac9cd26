import type { PortRequest } from '../../lib/model/port.ts'
import { InvalidRequestError } from '../../lib/values/errors.ts'
import { protocolOf } from '../../lib/values/protocols.ts'
import type { CreateEndpointRequest, PortMapping } from './messages.ts'

type Message = Pick<CreateEndpointRequest, 'Options'>

const portMap = ({ Options }: Message) =>
  (Options?.['com.docker.network.portmap'] ?? []) as readonly PortMapping[]

export const asksForPorts = (message: Message): boolean => portMap(message).length > 0

/**
 * The ports to publish, as the engine has resolved `-p`.
 *
 * @throws {InvalidRequestError} a protocol that has no ports
 */
export function portRequests(message: Message): PortRequest[] {
  // Engines from 28 set it if another endpoint of the same container handles IPv6.
  const isOthers = message.Options?.['com.docker.network.driver.private.no_proxy_6to4'] === true
  return portMap(message).map((mapping) => ({
    ...portRequest(mapping),
    ...(isOthers ? { unrelayed: true } : {}),
  }))
}

function portRequest({ Proto, Port, HostIP, HostPort, HostPortEnd }: PortMapping): PortRequest {
  const proto = protocolOf(Proto)
  if (!proto) throw new InvalidRequestError(`-p ${Port}: expected tcp, udp or sctp, got IP protocol ${Proto}`)
  return {
    proto,
    port: Port,
    ...(HostIP ? { host: HostIP } : {}),
    first: HostPort ?? 0,
    last: HostPortEnd || (HostPort ?? 0),
  }
}
