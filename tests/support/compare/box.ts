import type { ContainerInspectInfo } from 'dockerode'
import type { Engine } from '../engine.ts'
import { containerPlace } from '../traffic-place.ts'
import { until } from '../until.ts'
import type { Roles } from './roles.ts'
import { HEARD, PORTS } from './serve.ts'
import { heard, type Station, stationAt } from './station.ts'
import type { Surroundings } from './surroundings.ts'

/** A container. */
export interface Box extends Station {
  readonly name: string
  inspect(): Promise<ContainerInspectInfo>
  /** Its address on a network, the first one when none is named, as it is now; empty when it has none. */
  address(network?: { readonly name: string }): Promise<string>
  address6(network?: { readonly name: string }): Promise<string>
  /** The stdout of a program in it. @throws {ExecaError} */
  exec(...argv: string[]): Promise<string>
  /** What its server has answered, in order: `srv:80 sees lan`. */
  heard(): Promise<string[]>
  /**
   * The host's TCP ports that lead to it, by its own: found by asking all that are listened on, since no
   * engine tells.
   */
  hostPorts(): Promise<Map<number, number[]>>
  /** Waits until its server listens, 10 s at most; again after every start. */
  ready(): Promise<void>
}

interface Parts {
  readonly engine: Engine
  readonly roles: Roles
  readonly surroundings: Surroundings
}

/** @param stem what the container is called in an observation */
export function boxOf({ engine, roles, surroundings }: Parts, name: string, stem: string): Box {
  const { host, address: hostAddress } = surroundings
  const inspect = () => engine.docker.getContainer(name).inspect()
  const networks = async () => {
    const { Networks } = (await inspect()).NetworkSettings
    for (const { IPAddress, GlobalIPv6Address } of Object.values(Networks))
      for (const one of [IPAddress, GlobalIPv6Address]) roles.set(one, stem)
    return Networks
  }
  const on = async (network?: { readonly name: string }) => {
    const all = await networks()
    return network ? all[network.name] : Object.values(all)[0]
  }
  const station = stationAt(async () => {
    await networks()
    return containerPlace(engine, name)
  }, roles)
  return {
    ...station,
    name,
    inspect,
    address: async (network) => (await on(network))?.IPAddress ?? '',
    address6: async (network) => (await on(network))?.GlobalIPv6Address ?? '',
    exec: (...argv) => engine.cli('exec', name, ...argv),
    async heard() {
      const text = await engine.cli('exec', name, 'sh', '-c', `cat ${HEARD} 2>/dev/null || :`)
      return text.split('\n').flatMap((line) => heard(line, roles) ?? [])
    },
    async hostPorts() {
      const found = new Map<number, number[]>()
      for (const port of await listening(host)) {
        const answer = await host.ask(hostAddress, port)
        if (!answer.startsWith(`${name}:`)) continue
        const own = Number(/:(\d+) sees/.exec(answer)?.[1])
        found.set(own, [...(found.get(own) ?? []), port])
      }
      return found
    },
    async ready() {
      const last = PORTS[PORTS.length - 1] ?? 0
      const listens = async (protocol: 'tcp' | 'udp') =>
        /sees/.test(await station.dial('127.0.0.1', last, protocol))
      const both = async () => (await listens('tcp')) && listens('udp')
      await until(`${name} to listen`, both, { timeout: 10_000, every: 20 })
    },
  }
}

/** The TCP ports on which something of the host listens to IPv4, alone or with IPv6 (`*`), in order. */
export async function listening(host: Station): Promise<number[]> {
  const sockets = await host.run('ss', '-Hltn')
  const ports = [...sockets.matchAll(/^\S+\s+\d+\s+\d+\s+[^[\s]+:(\d+)\s/gm)].map(([, port]) => Number(port))
  return [...new Set(ports)].toSorted((a, b) => a - b)
}
