import type { PublishedPort } from '../../lib/model/port.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import { hostEndName } from '../../lib/values/names.ts'
import type { Logged } from '../change-log.ts'
import { formatPorts } from '../control/view/ports.ts'
import type * as wire from './messages.ts'

/**
 * Reads the store before a call. The function it returns reads the store again after the call, and returns
 * what the call changed, if anything.
 */
export type Watch = (call: string, sent: unknown) => () => Logged | undefined

type Observer<T> = (sent: T, store: NetworkStore) => () => Logged | undefined

const logged = (what: string, fields: Logged['fields']): Logged => ({ what, fields })
const NOTHING = () => undefined

const createNetwork: Observer<wire.NetworkRequest> = ({ NetworkID: id }, store) => {
  if (store.network(id)) return NOTHING
  return () => {
    const spec = store.network(id)
    if (!spec) return undefined
    const { bridge, ipv4, ipv6, given } = spec
    const subnets = [...ipv4, ...ipv6].map(({ subnet }) => subnet)
    return logged('created network', { network: id, bridge, subnets, options: given ?? {} })
  }
}

const deleteNetwork: Observer<wire.NetworkRequest> = ({ NetworkID: id }, store) => {
  const spec = store.network(id)
  if (!spec) return NOTHING
  return () => logged('deleted network', { network: id, bridge: spec.bridge })
}

const createEndpoint: Observer<wire.EndpointRequest> = ({ NetworkID, EndpointID: id }, store) => {
  if (store.isReady(id)) return NOTHING
  return () => {
    const spec = store.endpoint(id)
    if (!spec) return undefined
    const addresses = [spec.address4, spec.address6].filter((address) => address !== undefined)
    const fields = { network: NetworkID, endpoint: id, link: hostEndName(id), addresses }
    return logged('created endpoint', { ...fields, options: spec.given ?? {} })
  }
}

const deleteEndpoint: Observer<wire.EndpointRequest> = ({ NetworkID, EndpointID: id }, store) => {
  if (!store.isReady(id)) return NOTHING
  return () => logged('deleted endpoint', { network: NetworkID, endpoint: id, link: hostEndName(id) })
}

/** bytes of stored ports (JSON): parsing more would delay other calls */
const READABLE = 2 ** 14

/** The ports as `docker ps` prints them; their number if there are too many. */
const portsOf = (text: string): readonly string[] | number =>
  text.length > READABLE
    ? text.split('"hostPort"').length - 1
    : formatPorts(JSON.parse(text) as readonly PublishedPort[])

const publishPorts: Observer<wire.JoinRequest> = ({ NetworkID, EndpointID: id }, store) => {
  const before = store.portsText(id)
  return () => {
    const ports = store.portsText(id)
    if (ports === before) return undefined
    const fields = { network: NetworkID, endpoint: id, ports: portsOf(ports ?? before ?? '[]') }
    return logged(ports ? 'published ports' : 'withdrew ports', fields)
  }
}

/** Calls that only take or release pools and addresses are not listed. */
const OBSERVERS = {
  'NetworkDriver.CreateNetwork': createNetwork,
  'NetworkDriver.DeleteNetwork': deleteNetwork,
  'NetworkDriver.CreateEndpoint': createEndpoint,
  'NetworkDriver.DeleteEndpoint': deleteEndpoint,
  'NetworkDriver.ProgramExternalConnectivity': publishPorts,
  'NetworkDriver.RevokeExternalConnectivity': publishPorts,
  'NetworkDriver.Leave': publishPorts,
}

/** Finds what each of the engine's calls changed in the store. */
export const watchChanges =
  (store: NetworkStore): Watch =>
  (call, sent) => {
    const observe = (OBSERVERS as Record<string, Observer<never> | undefined>)[call]
    return observe && typeof sent === 'object' && sent !== null ? observe(sent as never, store) : NOTHING
  }
