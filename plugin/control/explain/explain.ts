import { ownedElements } from '../../../lib/engine/elements.ts'
import type { Networks } from '../../../lib/engine/networks.ts'
import { wantedElements } from '../../../lib/features/filter/elements.ts'
import { planLink } from '../../../lib/features/link/endpoint.ts'
import { planForwarding, planNetwork } from '../../../lib/features/link/network.ts'
import { abilitiesOf } from '../../../lib/features/shaping/abilities.ts'
import { planMedium } from '../../../lib/features/shaping/layout.ts'
import { planShape, planUplink, resolveNetwork } from '../../../lib/features/shaping/resolve.ts'
import type { Capabilities } from '../../../lib/kernel/capabilities.ts'
import { typed } from '../../../lib/kernel/host.ts'
import { createTables } from '../../../lib/kernel/nft/table.ts'
import type { EndpointSpec } from '../../../lib/model/endpoint.ts'
import type { Plan } from '../../../lib/plan/plan.ts'
import { withDockersNames } from '../../options/names.ts'
import type { Explained, ExplainRequest } from '../schema/components.ts'
import { EXAMPLES, endpointsOf, isExemplary, networkOf } from './specs.ts'

interface ExplainParts {
  readonly capabilities: () => Promise<Capabilities>
  readonly networks: Pick<Networks, 'check'>
}

/**
 * The commands that Sluice would run for a network and its attachments, from the same functions that plan
 * real ones. Docker's ids do not exist yet, so names that follow from ids are derived from the given names.
 *
 * @throws {InvalidRequestError} an option that would be refused
 */
export async function explain(
  wanted: ExplainRequest,
  { capabilities, networks }: ExplainParts,
): Promise<Explained> {
  const abilities = abilitiesOf(await capabilities())
  const network = networkOf(wanted)
  const endpoints = endpointsOf(network, wanted.endpoints)
  await withDockersNames(networks.check(network, endpoints))
  const { elements } = wantedElements(ownedElements(network, endpoints), [])
  const { uplink, links } = resolveNetwork(network, endpoints, abilities)
  const members = [...links.values()]
  const commands = [
    ...typedPlan([...planNetwork(network), ...planForwarding(network), ...planUplink(uplink)]),
    ...typed(createTables(elements)),
    ...(members.some(({ queuedOn }) => queuedOn === 'shared')
      ? typedPlan(planMedium(network, uplink.up))
      : []),
    ...members.flatMap((link) =>
      typedPlan([...planLink(network, link.endpoint, link.up?.rate), ...planShape(link)]),
    ),
  ]
  return { commands, notes: notesOf(wanted, endpoints) }
}

const notesOf = (wanted: ExplainRequest, endpoints: readonly EndpointSpec[]): string[] => [
  ...(isExemplary(wanted)
    ? [
        `subnet: one is chosen when the network is created; ${Object.values(EXAMPLES).join(' or ')} stands for it`,
      ]
    : []),
  "names of links follow from Docker's ids, which do not exist yet: those shown are examples, and so are addresses",
  'the nft tables are shared by all networks: the first one makes them, others add their elements',
  ...(endpoints.some(({ ports }) => ports)
    ? [
        'published ports are held on the host too, so that nobody else takes them; a port that is left to choice is an example',
      ]
    : []),
]

const typedPlan = (plan: Plan): string[] => plan.flatMap(({ apply }) => typed(apply))
