import type { PublishedPort } from '../../../lib/model/port.ts'
import { parseAddress } from '../../../lib/values/addresses.ts'
import { bracketed } from '../../../lib/values/families.ts'

/** Consecutive ports that are printed as one range. */
interface Run {
  readonly of: PublishedPort
  /** the container's */
  last: number
}

/**
 * Published ports as `docker ps` prints them. Ranges come first, for ports with the same number on the host
 * and in the container; each other port follows by itself. Docker has no form for ports that are open without
 * NAT: they are printed like exposed ports.
 *
 * @returns such as `0.0.0.0:80-81->80-81/tcp`, `[::]:8080->443/tcp`, `53/udp`
 * @see https://github.com/docker/cli/blob/master/cli/command/formatter/container.go DisplayablePorts
 */
export function formatPorts(ports: readonly PublishedPort[]): string[] {
  const sorted = ports.toSorted(inOrder)
  const alike = sorted.filter(({ hostPort, port }) => hostPort === 0 || hostPort === port)
  const others = sorted.filter((one) => !alike.includes(one))
  return [...runsOf(alike).map(runText), ...others.map(portText)]
}

/** Runs that a gap ended come first; the last run of each host address and protocol follows. */
function runsOf(ports: readonly PublishedPort[]): Run[] {
  const ended: Run[] = []
  const open = new Map<string, Run>()
  for (const one of ports) {
    const key = one.hostPort === 0 ? one.proto : `${one.host} ${one.proto}`
    const run = open.get(key)
    if (run && one.port <= run.last + 1) run.last = one.port
    else {
      if (run) ended.push(run)
      open.set(key, { of: one, last: one.port })
    }
  }
  return [...ended, ...open.values()]
}

function runText({ of: { proto, host, hostPort, port }, last }: Run): string {
  const range = port === last ? `${port}` : `${port}-${last}`
  return hostPort === 0 ? `${range}/${proto}` : `${bracketed(host)}:${range}->${range}/${proto}`
}

const portText = ({ proto, host, hostPort, port }: PublishedPort): string =>
  `${bracketed(host)}:${hostPort}->${port}/${proto}`

function inOrder(a: PublishedPort, b: PublishedPort): number {
  if (a.port !== b.port) return a.port - b.port
  const [here, there] = [parseAddress(a.host), parseAddress(b.host)]
  if (here.family !== there.family) return here.family - there.family
  if (here.value !== there.value) return here.value < there.value ? -1 : 1
  if (a.hostPort !== b.hostPort) return a.hostPort - b.hostPort
  return a.proto < b.proto ? -1 : 1
}
