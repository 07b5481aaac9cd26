import type { Networks, WantedEndpoint, WantedNetwork } from '../../lib/engine/networks.ts'
import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { NetworkSpec, SubnetSpec } from '../../lib/model/network.ts'
import { bare, contains, parseAddress, parseSubnet } from '../../lib/values/addresses.ts'
import { InvalidRequestError } from '../../lib/values/errors.ts'
import { bridgeName, peerEndName } from '../../lib/values/names.ts'
import { withDockersNames } from '../options/names.ts'
import { type AttachmentOptions, parseAttachmentOptions, parseNetworkOptions } from '../options/parse.ts'
import type * as wire from './messages.ts'
import { asksForPorts, portRequests } from './port-requests.ts'
import { rpc } from './rpc.ts'

const NETLABEL = 'com.docker.network'

export interface DriverParts {
  /**
   * Called when an engine has called us, with the network on which something has changed, if any. Returns at
   * once.
   */
  readonly nudge: (networkId?: string) => void
  /** Called with a refusal that the user may never see. */
  readonly refused: (text: string) => void
}

/**
 * The NetworkDriver methods (moby, daemon/libnetwork/drivers/remote/driver.go). The engine may repeat any
 * call.
 */
export const networkDriver = (networks: Networks, parts: DriverParts) => ({
  /**
   * The first call that an engine makes. We do not announce GwAllocCheck: its answer would always be the
   * same, and would cost every network a round trip.
   */
  GetCapabilities: rpc({
    handle: () => {
      networks.engineCame()
      parts.nudge()
      return { Scope: 'local', ConnectivityScope: 'local' }
    },
    body: 'none',
  }),

  /** Containers route through the gateway even where the bridge must not have its address (inhibit_ipv4). */
  GwAllocCheck: rpc({ handle: () => ({ SkipIPv4: false, SkipIPv6: false }) }),

  CreateNetwork: rpc({
    handle: (message: wire.CreateNetworkRequest) => createNetwork(networks, parts, message),
    undo: ({ NetworkID }) => networks.removeNetwork(NetworkID),
  }),

  DeleteNetwork: rpc({
    handle: ({ NetworkID }: wire.NetworkRequest) => networks.removeNetwork(NetworkID).then(nothing),
  }),

  CreateEndpoint: rpc({
    handle: (message: wire.CreateEndpointRequest) => createEndpoint(networks, message),
    undo: ({ EndpointID }) => networks.removeEndpoint(EndpointID),
  }),

  DeleteEndpoint: rpc({
    handle: ({ EndpointID }: wire.EndpointRequest) => networks.removeEndpoint(EndpointID).then(nothing),
  }),

  EndpointOperInfo: rpc({ handle: () => ({ Value: {} }) }),

  Join: rpc({ handle: (message: wire.JoinRequest) => join(networks, parts, message) }),

  /** The link stays until DeleteEndpoint, since the engine may Join again without a CreateEndpoint. */
  Leave: rpc({ handle: ({ EndpointID }: wire.EndpointRequest) => withdraw(networks, EndpointID) }),

  ProgramExternalConnectivity: rpc({
    handle: (message: wire.JoinRequest) =>
      networks.publish(message.EndpointID, portRequests(message)).then(nothing),
  }),

  RevokeExternalConnectivity: rpc({
    handle: ({ EndpointID }: wire.EndpointRequest) => withdraw(networks, EndpointID),
  }),

  DiscoverNew: rpc({ handle: () => ({}) }),
  DiscoverDelete: rpc({ handle: () => ({}) }),
  AllocateNetwork: rpc({
    handle: (message: wire.CreateNetworkRequest) => ({ Options: message.Options ?? {} }),
  }),
  FreeNetwork: rpc({ handle: () => ({}) }),
})

const nothing = (): wire.Answer => ({})

async function createNetwork(
  networks: Networks,
  { refused }: DriverParts,
  message: wire.CreateNetworkRequest,
): Promise<wire.Answer> {
  const loss = lostToSwarm(message)
  if (loss !== undefined) {
    refused(`network ${message.NetworkID}: ${loss}`)
    throw new InvalidRequestError(loss)
  }
  await withDockersNames(networks.addNetwork(networkSpec(message)))
  return {}
}

async function createEndpoint(networks: Networks, message: wire.CreateEndpointRequest) {
  const attachment = parseAttachmentOptions(message.Options ?? {})
  const { mac } = await networks.addEndpoint(endpointSpec(message, attachment))
  // The engine refuses an answer that repeats the MAC address it asked for, even an equal one (moby,
  // endpoint_info.go).
  return message.Interface?.MacAddress ? {} : { Interface: { MacAddress: mac } }
}

function join(
  networks: Networks,
  { nudge }: DriverParts,
  { NetworkID, EndpointID }: wire.JoinRequest,
): wire.JoinResponse {
  const network = networks.network(NetworkID)
  const endpoint = networks.join(EndpointID)
  nudge(NetworkID)
  const gateway = network.internal ? {} : gatewaysOf(network, endpoint)
  return {
    InterfaceName: { SrcName: peerEndName(EndpointID), DstPrefix: network.interfacePrefix },
    ...gateway,
    // Where we return no gateway, the engine would otherwise connect the container to docker_gwbridge.
    ...(Object.keys(gateway).length === 0 ? { DisableGatewayService: true as const } : {}),
  }
}

/**
 * Ignores errors: an error would fail the connection of the network that takes over. The next repair finds
 * whatever is left behind.
 */
const withdraw = (networks: Networks, endpointId: string): Promise<wire.Answer> =>
  networks.withdraw(endpointId).then(nothing, nothing)

const genericOptions = (message: wire.CreateNetworkRequest): Record<string, unknown> =>
  (message.Options?.[`${NETLABEL}.generic`] ?? {}) as Record<string, unknown>

/** The form of swarm's ids (swarmkit, identity/randomid.go); an engine's own ids have 64 hex digits. */
const SWARM_ID = /^[0-9a-z]{25}$/

/**
 * Recognises a network of `--scope swarm`. This driver's scope is local, so the engine silently drops such a
 * network's options and subnets (moby, daemon/libnetwork/cnmallocator): the network would have no limits. The
 * message for a network with `--config-from` states whether the network is internal.
 *
 * @returns why the network is refused
 */
function lostToSwarm(message: wire.CreateNetworkRequest): string | undefined {
  const { [`${NETLABEL}.internal`]: internal } = message.Options ?? {}
  const isWhole = internal === false || Object.keys(genericOptions(message)).length > 0
  if (!SWARM_ID.test(message.NetworkID) || isWhole) return undefined
  return 'cannot make a network of --scope swarm: the engine drops its options (-o) and subnet, for this driver is of local scope; give them to a network with --config-only on every host, and create this one with --config-from (docs/swarm.md)'
}

/** @throws {OptionError} */
function networkSpec(message: wire.CreateNetworkRequest): WantedNetwork {
  const { passage, shape, mtu, bridge, inhibitIpv4, masquerade, interfacePrefix } = parseNetworkOptions(
    genericOptions(message),
  )
  return {
    id: message.NetworkID,
    bridge: bridge ?? bridgeName(message.NetworkID),
    ...(mtu === undefined ? {} : { mtu }),
    ipv4: (message.IPv4Data ?? []).flatMap((data) =>
      subnetSpec(data, inhibitIpv4 || passage.mode4 === 'isolated', 'DefaultGatewayIPv4'),
    ),
    ipv6: (message.IPv6Data ?? []).flatMap((data) =>
      subnetSpec(data, passage.mode6 === 'isolated', 'DefaultGatewayIPv6'),
    ),
    internal: message.Options?.[`${NETLABEL}.internal`] === true,
    masquerade,
    interfacePrefix,
    ...(Object.keys(passage).length > 0 ? { passage } : {}),
    ...shape,
  }
}

/** @param auxName the --aux-address name that gives Docker's bridge driver a gateway other than the bridge */
function subnetSpec(data: wire.IpamData, inhibit: boolean, auxName: string): SubnetSpec[] {
  // --ipam-driver null: no addresses at all.
  if (parseSubnet(data.Pool).prefix === 0) return []
  const other = data.AuxAddresses?.[auxName]
  const containerGateway = other ?? (inhibit ? data.Gateway : undefined)
  return [
    {
      subnet: data.Pool,
      ...(data.Gateway && !inhibit ? { gateway: data.Gateway } : {}),
      ...(containerGateway ? { containerGateway: bare(containerGateway) } : {}),
    },
  ]
}

function endpointSpec(message: wire.CreateEndpointRequest, attachment: AttachmentOptions): WantedEndpoint {
  const { Address, AddressIPv6, MacAddress } = message.Interface ?? {}
  return {
    id: message.EndpointID,
    networkId: message.NetworkID,
    ...(MacAddress ? { mac: MacAddress.toLowerCase() } : {}),
    ...(Address ? { address4: bare(Address) } : {}),
    ...(AddressIPv6 ? { address6: bare(AddressIPv6) } : {}),
    ...(asksForPorts(message) ? { hairpin: true } : {}),
    ...attachment,
  }
}

function gatewaysOf(
  network: NetworkSpec,
  endpoint: EndpointSpec,
): Pick<wire.JoinResponse, 'Gateway' | 'GatewayIPv6'> {
  const ipv4 = gatewayFor(network.ipv4, endpoint.address4)
  const ipv6 = gatewayFor(network.ipv6, endpoint.address6)
  return { ...(ipv4 ? { Gateway: ipv4 } : {}), ...(ipv6 ? { GatewayIPv6: ipv6 } : {}) }
}

/** The gateway of the network's subnet that contains the address. */
function gatewayFor(subnets: readonly SubnetSpec[], address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const { value } = parseAddress(address)
  const home = subnets.find(({ subnet }) => contains(parseSubnet(subnet), value))
  return home?.containerGateway ?? (home?.gateway && bare(home.gateway))
}
