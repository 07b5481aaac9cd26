import { LINK_GROUP } from '../../values/names.ts'
import type { Host } from '../host.ts'
import { filterBackends, filterTable } from '../iptables.ts'
import { isPlain, surroundings } from './surroundings.ts'

interface BridgeJson {
  readonly ifname?: string
  readonly group?: string
  readonly ifalias?: string
}

/** Names of Docker's own bridges. */
const DOCKER_NAME = /^(?:docker\d+|docker_gwbridge|br-[0-9a-f]{12})$/

/**
 * Bridges of the host that no container engine isolates, such as those of virtual machines, LANs and storage.
 * Docker's bridge driver treats them as it treats any other device.
 *
 * We know Docker's bridges by their names and, since users can choose these, by Docker's rules. We know our
 * own, and another Sluice's, by their group or alias.
 *
 * @throws {CommandError}
 */
async function openBridges(host: Host): Promise<string[]> {
  const listing = await host.show('ip', ['-j', 'link', 'show', 'type', 'bridge'])
  const others = (JSON.parse(listing || '[]') as BridgeJson[])
    .filter(({ group, ifalias }) => group !== String(LINK_GROUP) && !ifalias?.startsWith('sluice/'))
    .flatMap(({ ifname }) => (ifname === undefined || DOCKER_NAME.test(ifname) ? [] : [ifname]))
  if (others.length === 0) return []
  const isolated = await isolatedDevices(host)
  return others.filter((name) => !isolated.has(name))
}

/** Devices that Docker's rules name. */
async function isolatedDevices(host: Host): Promise<Set<string>> {
  const tables = (await filterBackends(host)).map((backend) => filterTable(host, backend))
  return new Set((await Promise.all(tables)).flatMap(({ devices }) => devices))
}

/**
 * Names of the devices that lead out of the host and that our rules must name: those of routes with a
 * gateway, and open bridges.
 *
 * @throws {CommandError}
 */
export async function outwardDevices(host: Host): Promise<readonly string[]> {
  const [{ outward }, bridges] = await Promise.all([surroundings(host), openBridges(host)])
  return [...new Set([...outward, ...bridges])].filter(isPlain)
}
