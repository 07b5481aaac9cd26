import { createHash } from 'node:crypto'
import { formatAddress, parseSubnet } from '../../lib/addresses.ts'
import { abilitiesOf } from '../../lib/capabilities.ts'
import { InvalidRequestError } from '../../lib/errors.ts'
import type { Capabilities } from '../../lib/kernel/capabilities.ts'
import type { Command } from '../../lib/kernel/command.ts'
import { createTable } from '../../lib/kernel/nft.ts'
import { bridgeName, macAddress } from '../../lib/names.ts'
import type { Networks } from '../../lib/networks.ts'
import {
  type EndpointSpec,
  memberShares,
  planEndpoint,
  planUplink,
  uplinkShapes,
  usesMedium,
} from '../../lib/plan/endpoint.ts'
import { inForce } from '../../lib/plan/link.ts'
import { type NetworkSpec, planForwarding, planNetwork } from '../../lib/plan/network.ts'
import type { Plan } from '../../lib/plan/plan.ts'
import { planMedium } from '../../lib/plan/shaping.ts'
import {
  checkLinkOptions,
  checkNetworkShape,
  parseAttachmentOptions,
  parseNetworkOptions,
} from '../parse-options.ts'
import type { Explained, ExplainRequest } from './types.ts'

interface ExplainParts {
  readonly capabilities: () => Promise<Capabilities>
  readonly networks: Pick<Networks, 'require'>
}

/** Documentation's own network (RFC 5737), for want of the one that will be chosen. */
const EXAMPLE = '192.0.2.0/24'
const MTU = 1500

/**
 * The commands that would be run for a network and its attachments, by the very functions that plan them. Ids are not known
 * yet, so the names that follow from them are made up from the names given.
 *
 * @throws {InvalidRequestError} an option that would be refused
 */
export async function explain(
  wanted: ExplainRequest,
  { capabilities, networks }: ExplainParts,
): Promise<Explained> {
  if (typeof wanted !== 'object' || wanted === null)
    throw new InvalidRequestError(
      'expected a body such as {"name": "web", "options": {"rate": "10mbit"}, "endpoints": []}',
    )
  const abilities = abilitiesOf(await capabilities())
  const network = networkOf(wanted)
  await networks.require(network.options, network.uplink)
  const endpoints: EndpointSpec[] = []
  for (const [slot, { name, options }] of (wanted.endpoints ?? []).entries()) {
    const endpoint = endpointOf(network, String(name), options ?? {}, slot)
    await networks.require(endpoint.options)
    endpoints.push(endpoint)
  }
  const shares = memberShares(network, endpoints)
  const commands = [
    ...typed([...planNetwork(network), ...planForwarding(network), ...planUplink(network, abilities)]),
    ...['nft -f - <<END', ...createTable([network], []).line.split('\n'), 'END'],
    ...(endpoints.some((one) => usesMedium(network, one, abilities))
      ? typed(planMedium(network, uplinkShapes(network, abilities).up))
      : []),
    ...endpoints.flatMap((one) => typed(planEndpoint(network, one, abilities, shares.get(one.id)))),
  ]
  return {
    commands,
    notes: [
      ...(wanted.subnets?.length
        ? []
        : [`subnet: one is chosen when the network is created; ${EXAMPLE} stands for it`]),
      "names of links follow from Docker's ids, which do not exist yet: those shown are examples",
      'the nft table is shared by all networks: the first one makes it, others add their elements',
    ],
  }
}

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex')

function networkOf({ name, options, subnets, internal = false }: ExplainRequest): NetworkSpec {
  const parsed = parseNetworkOptions(options ?? {})
  const id = idOf(String(name))
  const mtu = parsed.mtu ?? MTU
  checkNetworkShape(parsed.shape, mtu)
  const homes = (family: 4 | 6) =>
    (subnets?.length ? subnets : [EXAMPLE])
      .map((subnet) => ({ subnet, ...parseSubnet(subnet) }))
      .filter((one) => one.family === family)
      .map(({ subnet, base, prefix }) => ({
        subnet,
        gateway: `${formatAddress(family, base + 1n)}/${prefix}`,
      }))
  return {
    id,
    bridge: parsed.bridge ?? bridgeName(id),
    mtu,
    ipv4: homes(4),
    ipv6: homes(6),
    internal,
    masquerade: parsed.masquerade,
    interfacePrefix: parsed.interfacePrefix,
    ...parsed.shape,
  }
}

function endpointOf(
  network: NetworkSpec,
  name: string,
  options: Readonly<Record<string, string>>,
  slot: number,
): EndpointSpec {
  const attachment = parseAttachmentOptions(options)
  checkLinkOptions(inForce(network.options, attachment.options), network)
  const id = idOf(`${network.id}/${name}`)
  return { id, networkId: network.id, mac: macAddress([], id), slot, ...attachment }
}

const typed = (plan: Plan): string[] => plan.map(({ apply }) => commandText(apply))

const commandText = ({ program, line }: Command): string =>
  program === 'sysctl' ? `sysctl -w net.${line.replace(/^-/, '').replaceAll('/', '.')}` : `${program} ${line}`
