import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { peerEndName } from '../../lib/values/names.ts'
import type { Engine } from '../support/engine.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import { QUIET } from './part.ts'
import { type Caller, openCaller } from './socket.ts'
import type { Station } from './station.ts'
import { wipe } from './wipe.ts'

/**
 * Networks with many members that are no containers: endpoints as the engine asks for them, in namespaces of
 * our own.
 */
export interface Crowd {
  /** Makes network `number`, 10.N.0.0/16. @returns what its members call the host */
  network(number: number, options: Readonly<Record<string, string>>): Promise<string>
  /** Makes the members `first` to `last`, counted from 1. */
  members(number: number, first: number, last: number): Promise<void>
  /**
   * Moves a member's end of its link into a network of its own, as the engine does when a container starts.
   */
  station(number: number, member: number): Promise<Station>
  /** Removes all of it. */
  remove(): Promise<void>
}

export async function openCrowd(engine: Engine): Promise<Crowd> {
  const state = join(engine.dir, 'state-crowd')
  const plain = await engine.startPlain({ env: { ...QUIET, STATE_DIR: state } })
  const caller = openCaller(plain.socket())
  const namespaces: Namespace[] = []
  return {
    async network(number, options) {
      const gateway = `10.${number}.0.1`
      await caller.call('NetworkDriver.CreateNetwork', {
        NetworkID: networkId(number),
        Options: { 'com.docker.network.generic': options },
        IPv4Data: [{ AddressSpace: 'bench', Pool: `10.${number}.0.0/16`, Gateway: `${gateway}/16` }],
        IPv6Data: [],
      })
      return gateway
    },
    async members(number, first, last) {
      for (let member = first; member <= last; member++) await addMember(caller, number, member)
    },
    async station(number, member) {
      const namespace = await namespaceHost()
      namespaces.push(namespace)
      const link = peerEndName(endpointId(number, member))
      await engine.sh(['ip', 'link', 'set', 'dev', link, 'netns', namespace.name, 'name', 'eth0'])
      const address = addressOf(number, member)
      await namespace.sh(`ip addr add ${address}/16 dev eth0`)
      await namespace.sh('ip link set dev eth0 up')
      return { place: { prefix: [...namespace.prefix, '--'] }, address }
    },
    async remove() {
      caller.close()
      for (const namespace of namespaces) namespace[Symbol.dispose]()
      await plain.kill('SIGTERM')
      await wipe(engine)
      rmSync(state, { recursive: true, force: true })
    },
  }
}

async function addMember(caller: Caller, number: number, member: number): Promise<void> {
  const ids = { NetworkID: networkId(number), EndpointID: endpointId(number, member) }
  const Address = `${addressOf(number, member)}/16`
  await caller.call('NetworkDriver.CreateEndpoint', {
    ...ids,
    Interface: { Address, AddressIPv6: '', MacAddress: '' },
    Options: {},
  })
  await caller.call('NetworkDriver.Join', { ...ids, SandboxKey: '/run/docker/netns/bench', Options: {} })
}

const hex = (value: number): string => value.toString(16).padStart(4, '0')
const networkId = (number: number): string => `c0${hex(number)}`.padEnd(64, 'c')
/** The first twelve digits are the name of the link. */
const endpointId = (number: number, member: number): string =>
  `e0${hex(number)}${hex(member)}`.padEnd(64, 'e')
/** Members begin at .0.2. */
const addressOf = (number: number, member: number): string =>
  `10.${number}.${(member + 1) >> 8}.${(member + 1) & 255}`
