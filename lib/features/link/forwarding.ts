import type { Host } from '../../kernel/host.ts'
import { type Found, repaired } from '../../model/finding.ts'
import type { NetworkStore } from '../../store/networks.ts'
import { hostEndName } from '../../values/names.ts'
import { planForwarding } from './network.ts'

/**
 * Switches forwarding on again for members that need it and whose link exists. Without such members it
 * changes nothing: at boot the engine starts after us, and must find forwarding as it was (see
 * planForwarding()).
 *
 * @throws {CommandError}
 */
export async function repairForwarding(host: Host, store: NetworkStore): Promise<Found[]> {
  const wanted = new Map(store.networks().map(({ spec }) => [spec.id, planForwarding(spec)]))
  const lines = new Set([...wanted.values()].flat().map(({ apply }) => apply.line))
  const off: string[] = []
  for (const line of lines) if ((await host.read(pathOf(line)))?.trim() === '0') off.push(line)
  if (off.length === 0) return []
  const devices = new Set((await host.read('/proc/net/dev'))?.match(/[^\s:|]+(?=:)/g))
  const needed = store
    .endpoints()
    .filter(({ spec }) => devices.has(hostEndName(spec.id)))
    .flatMap(({ spec }) => wanted.get(spec.networkId) ?? [])
    .map(({ apply }) => apply.line)
  const again = off.filter((line) => needed.includes(line))
  await host.run('sysctl', again, 'strict')
  return again.map((line) => {
    const name = `net.${keyOf(line).replaceAll('/', '.')}`
    return repaired(`sysctl ${name}`, `${name} was off: switched on again`)
  })
}

const keyOf = (line: string): string => line.split('=', 1)[0] ?? ''
const pathOf = (line: string): string => `/proc/sys/net/${keyOf(line)}`
