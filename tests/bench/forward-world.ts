import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { peerEndName } from '../../lib/values/names.ts'
import type { Engine } from '../support/engine.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { joinOutside } from '../support/outside.ts'
import { inNetns } from '../support/power.ts'
import type { Place } from '../support/traffic-place.ts'
import { QUIET } from './part.ts'
import { type Caller, openCaller } from './socket.ts'
import { wipe } from './wipe.ts'

/** TCP and UDP, of the first container; the others' begin above */
export const PORT = 5201
const OTHERS = 10_000

/**
 * A host with networks of one container each, and a machine beyond it. The containers are namespaces, and
 * only the first has one.
 */
export interface World {
  readonly inside: Place
  readonly outside: Place
  readonly outsideAddress: string
  /** the host's address towards the outside */
  readonly hostAddress: string
  /** Removes all of it but the engine. */
  remove(): Promise<void>
}

/** @param networks 1 to 2000 @param ports that each but the first publishes, 1 to 20 */
export async function openWorld(
  engine: Engine,
  { networks, ports }: { readonly networks: number; readonly ports: number },
): Promise<World> {
  const state = join(engine.dir, 'state-forward')
  const plain = await engine.startPlain({ env: { ...QUIET, STATE_DIR: state } })
  const caller = openCaller(plain.socket())
  await addNetwork(
    caller,
    0,
    [6, 17].map((proto) => mapping(proto, PORT, PORT)),
  )
  for (let number = 1; number < networks; number++) {
    const first = OTHERS + number * ports
    const all = Array.from({ length: ports }, (_, index) => mapping(6, 80 + index, first + index))
    await addNetwork(caller, number, all)
  }
  caller.close()
  const outside = await joinOutside(engine.host)
  const namespace = await namespaceHost()
  const link = peerEndName(endpointId(0))
  await engine.sh(['ip', 'link', 'set', 'dev', link, 'netns', namespace.name, 'name', 'eth0'])
  await namespace.sh(`ip addr add ${prefixOf(0)}.2/24 dev eth0`)
  await namespace.sh('ip link set dev eth0 up')
  await namespace.sh(`ip route add default via ${prefixOf(0)}.1`)
  return {
    inside: { prefix: [...namespace.prefix, '--'] },
    outside: { prefix: inNetns(`${engine.host.name}-out`) },
    outsideAddress: outside.address,
    hostAddress: outside.hostAddress,
    async remove() {
      namespace[Symbol.dispose]()
      outside.remove()
      await plain.kill('SIGTERM')
      await wipe(engine)
      rmSync(state, { recursive: true, force: true })
    },
  }
}

interface Mapping {
  readonly Proto: number
  readonly Port: number
  readonly HostPort: number
  readonly HostPortEnd: number
}

const mapping = (Proto: number, Port: number, HostPort: number): Mapping => ({
  ...{ Proto, Port, HostPort, HostPortEnd: HostPort },
})

/** A network with one container, whose ports are published. */
async function addNetwork(caller: Caller, number: number, ports: readonly Mapping[]): Promise<void> {
  const [NetworkID, EndpointID] = [networkId(number), endpointId(number)]
  await caller.call('NetworkDriver.CreateNetwork', {
    NetworkID,
    Options: { 'com.docker.network.generic': {} },
    IPv4Data: [
      { AddressSpace: 'bench', Pool: `${prefixOf(number)}.0/24`, Gateway: `${prefixOf(number)}.1/24` },
    ],
    IPv6Data: [],
  })
  const Interface = { Address: `${prefixOf(number)}.2/24`, AddressIPv6: '', MacAddress: '' }
  await caller.call('NetworkDriver.CreateEndpoint', { NetworkID, EndpointID, Interface, Options: {} })
  const Options = { 'com.docker.network.portmap': ports }
  const SandboxKey = '/run/docker/netns/bench'
  await caller.call('NetworkDriver.Join', { NetworkID, EndpointID, SandboxKey, Options })
  await caller.call('NetworkDriver.ProgramExternalConnectivity', { NetworkID, EndpointID, Options })
}

const hex = (number: number): string => number.toString(16).padStart(4, '0')
const networkId = (number: number): string => `f0${hex(number)}`.padEnd(64, 'f')
const endpointId = (number: number): string => `f1${hex(number)}`.padEnd(64, 'f')
const prefixOf = (number: number): string => `10.${200 + (number >> 8)}.${number & 255}`
