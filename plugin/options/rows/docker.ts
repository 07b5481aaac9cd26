import type { GatewayMode } from '../../../lib/model/network.ts'
import { booleanReadings } from '../hints/readings.ts'
import { kind, NETWORK, NONE, type Options, oneOf } from '../option.ts'
import {
  orNothing,
  parseBoolean,
  parseDefaultBridge,
  parseHost,
  parseInterface,
  parseInterfaces,
  parseMtu,
  parseSource,
} from './docker-values.ts'

const MODES: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated']

const boolean = kind(parseBoolean, '`true` or `false`', booleanReadings)
const onlyFalse = kind(parseDefaultBridge, '`false`')
const bridge = kind(orNothing(parseInterface(15)), "an interface's name, at most 15 characters")
const prefix = kind(orNothing(parseInterface(12)), 'at most 12 characters')
const interfaces = kind(parseInterfaces, "interfaces' names with `:` between them, at most 64: `eth1:wg0`")
const mtu = kind(orNothing(parseMtu, '0'), 'bytes, 68 to 65535')
const binding = kind(parseHost, 'address of the host')
const source4 = kind(parseSource(4), 'IPv4 address of the host')
const source6 = kind(parseSource(6), 'IPv6 address of the host')
const mode = oneOf(MODES)

/** Takes part in the engine's own work and is not ours to read. */
const ENGINES = [NETWORK, 'as Docker', 'carried out by the engine itself'] as const
const engines = kind(() => undefined, 'as Docker')(...ENGINES)
const enginesSwitch = kind((text) => void parseBoolean(text), '`true` or `false`')(...ENGINES)

/** Docker's own names, with the meaning that its bridge driver gives them. */
export const DOCKER_OPTIONS = {
  'com.docker.network.bridge.name': bridge(
    NETWORK,
    '`sl-` and 12 digits of the network id',
    "the bridge's name; one that is taken is an error",
  ),
  'com.docker.network.bridge.enable_ip_masquerade': boolean(
    NETWORK,
    '`true`',
    "what leaves the network gets the host's address",
  ),
  'com.docker.network.bridge.enable_icc': boolean(
    NETWORK,
    '`true`',
    'containers of the network reach each other',
  ),
  'com.docker.network.bridge.host_binding_ipv4': binding(
    NETWORK,
    '`0.0.0.0`: any, of IPv6 as well',
    "the host's address that `-p` publishes on where it names none; another one leaves the other family out",
  ),
  'com.docker.network.bridge.gateway_mode_ipv4': mode(
    NETWORK,
    '`nat`',
    "`nat`: from outside, published ports are reached at the host's addresses, and nothing else; `nat-unprotected`: all ports as well, at the container's own address; `routed`: without NAT, published ports are reached at the container's own address; `isolated`, with `--internal` alone: the bridge has no address, so that the host is out of reach",
  ),
  'com.docker.network.bridge.gateway_mode_ipv6': mode(NETWORK, '`nat`', 'the same for IPv6'),
  'com.docker.network.bridge.trusted_host_interfaces': interfaces(
    NETWORK,
    NONE,
    "interfaces of the host from which published ports are reached at the container's own address as well",
  ),
  'com.docker.network.bridge.inhibit_ipv4': boolean(NETWORK, '`false`', 'the bridge gets no IPv4 address'),
  'com.docker.network.bridge.default_bridge': onlyFalse(
    NETWORK,
    '`false`',
    "Docker's mark of docker0, without effect elsewhere",
  ),
  'com.docker.network.driver.mtu': mtu(
    NETWORK,
    'that of the default route',
    'MTU of the bridge and of every link',
  ),
  'com.docker.network.container_iface_prefix': prefix(
    NETWORK,
    '`eth`',
    "beginning of the interface's name in the container",
  ),
  'com.docker.network.host_ipv4': source4(
    NETWORK,
    'that of the device it leaves by',
    "the host's address that what leaves the network gets",
  ),
  'com.docker.network.host_ipv6': source6(NETWORK, 'that of the device it leaves by', 'the same for IPv6'),
  'com.docker.network.enable_ipv4': enginesSwitch,
  'com.docker.network.enable_ipv6': enginesSwitch,
  'com.docker.network.advertise_addr_nmsgs': engines,
  'com.docker.network.advertise_addr_ms': engines,
} as const satisfies Options
