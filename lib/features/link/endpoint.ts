import { addVeth, attach, deleteLink, limitOffload, reflect, setUp } from '../../kernel/ip/device.ts'
import type { EndpointSpec } from '../../model/endpoint.ts'
import type { NetworkSpec } from '../../model/network.ts'
import { type Plan, step } from '../../plan/plan.ts'
import { hostEndName, peerEndName } from '../../values/names.ts'

/** longest time that sending one offload packet may take, in seconds */
const OFFLOAD_TIME = 1e-3
/** bytes of the largest offload packet that the kernel makes by itself */
const LARGEST_OFFLOAD = 65_536
/** bytes: the kernel accepts no limit below the room for a TCP header, which is at most 320 */
const LEAST_OFFLOAD = 512

/** Limits offload packets to a millisecond of the upload rate that the link starts with. */
function planOffload(peerEnd: string, rate: number, mtu: number): Plan {
  const bytes = Math.ceil((rate / 8) * OFFLOAD_TIME)
  if (bytes >= LARGEST_OFFLOAD) return []
  return [
    step(limitOffload(peerEnd, Math.max(LEAST_OFFLOAD, mtu, bytes), Math.max(1, Math.floor(bytes / mtu)))),
  ]
}

/**
 * Plans the link itself, from the host's bridge to the end that the engine will move into the container.
 *
 * @param uploadRate bit/s that the container may send when the link is made; absent for no cap
 */
export function planLink(network: NetworkSpec, endpoint: EndpointSpec, uploadRate?: number): Plan {
  const hostEnd = hostEndName(endpoint.id)
  const peerEnd = peerEndName(endpoint.id)
  const alias = `sluice/endpoint/${endpoint.id}`
  const [add, ...dress] = addVeth({ hostEnd, peerEnd, mtu: network.mtu, mac: endpoint.mac, alias })
  return [
    ...(add ? [step(add, deleteLink(hostEnd))] : []),
    ...dress.map((command) => step(command)),
    ...(uploadRate === undefined ? [] : planOffload(peerEnd, uploadRate, network.mtu)),
    ...planPort(network, endpoint),
  ]
}

/** Plans the host end's place on the bridge. */
export const planPort = ({ bridge }: NetworkSpec, { id, hairpin, ports }: EndpointSpec): Plan => [
  step(attach(hostEndName(id), bridge)),
  ...(hairpin || ports ? [step(reflect(hostEndName(id)))] : []),
  step(setUp(hostEndName(id))),
]
