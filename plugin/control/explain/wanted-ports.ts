import { type Place, planClaims } from '../../../lib/features/ports/claims.ts'
import { EPHEMERAL } from '../../../lib/features/ports/ports.ts'
import type { PortRequest, PublishedPort } from '../../../lib/model/port.ts'
import { parseAddress } from '../../../lib/values/addresses.ts'
import { InvalidRequestError } from '../../../lib/values/errors.ts'
import type { Protocol } from '../../../lib/values/protocols.ts'

const FORM =
  /^(?:(?:(?<host>[\d.]{7,15}|\[[\da-f:.]{2,45}\]):)?(?<published>\d{1,5}(?:-\d{1,5})?)?:)?(?<own>\d{1,5}(?:-\d{1,5})?)(?:\/(?<proto>tcp|udp|sctp))?$/i

type Range = readonly [first: number, last: number]

/**
 * Parses the forms that `docker run -p` takes: `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `8000-8009:80`,
 * `[::1]:80-81:80-81`.
 *
 * @returns a request for each port of the container
 * @throws {InvalidRequestError}
 */
export function parsePorts(text: string): PortRequest[] {
  const { host, published = '0', own = '', proto = 'tcp' } = FORM.exec(text)?.groups ?? {}
  const [ours, theirs] = [rangeOf(own, 1), rangeOf(published, 0)]
  const address = host?.replace(/[[\]]/g, '')
  const isPaired = ours && theirs && length(ours) > 1 && theirs[0] !== 0
  if (!ours || !theirs || (isPaired && length(ours) !== length(theirs)))
    throw new InvalidRequestError(
      `ports: expected such as "8080:80", "127.0.0.1:8000-8009:80/udp" or "[::1]:80:80", got "${text.slice(0, 40)}"`,
    )
  if (address) parseAddress(address)
  return Array.from({ length: length(ours) }, (_, index) => ({
    proto: proto.toLowerCase() as Protocol,
    port: ours[0] + index,
    ...(address ? { host: address } : {}),
    first: isPaired ? theirs[0] + index : theirs[0],
    last: isPaired ? theirs[0] + index : theirs[1],
  }))
}

const length = ([first, last]: Range): number => last - first + 1

function rangeOf(text: string, least: number): Range | undefined {
  const [first = Number.NaN, last = first] = text === '' ? [] : text.split('-').map(Number)
  return first >= least && first <= last && last <= 65_535 ? [first, last] : undefined
}

/**
 * The ports that requests would get on a host whose ports are all free.
 *
 * @param taken host ports already given out; this function adds those it gives out
 */
export function examplePorts(
  requests: readonly PortRequest[],
  place: Place,
  taken: Set<string>,
): PublishedPort[] {
  return planClaims(requests, place).flatMap(({ proto, port, first, last, hosts, open }) => {
    const keys = (hostPort: number): string[] => hosts.map((host) => `${host} ${hostPort}/${proto}`)
    let hostPort = first || EPHEMERAL[0]
    while (hostPort < (first ? last : 65_535) && keys(hostPort).some((key) => taken.has(key))) hostPort += 1
    for (const key of keys(hostPort)) taken.add(key)
    return [
      ...hosts.map((host) => ({ proto, host, hostPort, port })),
      ...open.map((host) => ({ proto, host, hostPort: 0, port })),
    ]
  })
}
