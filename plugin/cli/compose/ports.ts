import { bracketed } from '../../../lib/values/families.ts'
import type { Attachments, ComposeNetwork, ComposePort } from './types.ts'

/** As `docker run -p` takes them. Pure. */
export const portTexts = (ports: readonly ComposePort[]): string[] =>
  ports.map((port) => {
    if (typeof port !== 'object') return String(port)
    const { target, published = '', host_ip: host = '', protocol = 'tcp' } = port
    const address = bracketed(host)
    return `${address}${address ? ':' : ''}${published}:${target}/${protocol}`
  })

type Networks = Readonly<Record<string, ComposeNetwork | null>>

/**
 * The one of a service's networks that its ports are published on: that of its default gateway. Pure.
 *
 * @see moby, daemon/libnetwork/sandbox.go, Endpoint.Less
 */
export function gatewayOf(attachments: Attachments, networks: Networks): string | undefined {
  const rank = (key: string) => ({
    priority: attachments[key]?.gw_priority ?? 0,
    families: networks[key]?.enable_ipv6 ? 2 : 1,
    name: networks[key]?.name ?? key,
  })
  const [first] = Object.keys(attachments)
    .filter((key) => !networks[key]?.internal)
    .toSorted((a, b) => {
      const [one, other] = [rank(a), rank(b)]
      return (
        other.priority - one.priority || other.families - one.families || (one.name < other.name ? -1 : 1)
      )
    })
  return first
}
