import { isDeepStrictEqual } from 'node:util'
import { aloneElements } from '../features/filter/elements.ts'
import { planLink } from '../features/link/endpoint.ts'
import { planForwarding } from '../features/link/network.ts'
import { resolveLink } from '../features/shaping/resolve.ts'
import { makeLink, unmakeLink } from '../features/shaping/shaper.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { NetworkSpec } from '../model/network.ts'
import type { PortRequest } from '../model/port.ts'
import { applyPlan } from '../plan/plan.ts'
import { addressBytes } from '../values/addresses.ts'
import { macAddress, mediumName } from '../values/names.ts'
import { afterwards, together } from '../values/promises.ts'
import { changeMembers } from './changes.ts'
import { checkMembers, requireAble } from './checks.ts'
import { findEndpoint, findNetwork, leaveRules, type Parts } from './parts.ts'

/** An endpoint that is to be; without a MAC it gets one that the network does not have yet. */
export type WantedEndpoint = Omit<EndpointSpec, 'slot' | 'mac'> & Partial<Pick<EndpointSpec, 'mac'>>

/** @returns the endpoint, with its MAC @throws {InvalidRequestError | CommandError} nothing of it is left */
export async function addEndpoint(parts: Parts, wanted: WantedEndpoint): Promise<EndpointSpec> {
  const { store } = parts
  const network = findNetwork(parts, wanted.networkId)
  await requireAble({ network: { options: {} }, endpoints: [wanted] }, parts.capabilities)
  return parts.queue(wanted.id, async () => {
    const known = store.endpoint(wanted.id)
    if (known && store.isReady(wanted.id)) return known
    // A first attempt that could neither be made nor taken back.
    if (known) await unmake(parts, network, known)
    const made = await make(parts, network, wanted)
    // The network may have changed in the meantime.
    if (!isDeepStrictEqual(findNetwork(parts, network.id), network))
      await changeMembers(parts, network.id, (now) => now)
    return made
  })
}

/** Notes that the engine takes the interface now. @throws {NotFoundError} */
export function joinEndpoint(parts: Parts, id: string): EndpointSpec {
  const spec = findEndpoint(parts, id)
  parts.store.endpointJoined(id)
  return spec
}

export const removeEndpoint = (parts: Parts, id: string): Promise<void> =>
  parts.queue(id, async () => {
    const known = parts.store.endpoint(id)
    const network = known && parts.store.network(known.networkId)
    if (known && network) await unmake(parts, network, known)
  })

/**
 * Publishes an endpoint's ports, in place of those that it had.
 *
 * @throws {InvalidRequestError | CommandError}
 */
export const publishPorts = (parts: Parts, id: string, requests: readonly PortRequest[]): Promise<void> =>
  parts.queue(id, async () => {
    const endpoint = findEndpoint(parts, id)
    await parts.publisher.publish(findNetwork(parts, endpoint.networkId), endpoint, requests)
  })

/** @throws {CommandError} */
export const withdrawPorts = ({ queue, publisher }: Parts, id: string): Promise<void> =>
  queue(id, () => publisher.withdraw(id))

/** One at a time where they share something: the next member relies on what the first one made. */
const onMedium = async <T>(
  { queue }: Parts,
  { id }: NetworkSpec,
  shares: boolean,
  work: () => Promise<T>,
): Promise<T> => (shares ? queue(mediumName(id), work) : work())

async function make(parts: Parts, network: NetworkSpec, wanted: WantedEndpoint): Promise<EndpointSpec> {
  const { host, store } = parts
  const abilities = await parts.abilities()
  const others = store.endpoints(network.id).map(({ spec }) => spec)
  checkMembers(network, [...others, wanted])
  const endpoint = store.addEndpoint({ ...wanted, mac: macFor(parts, wanted, others) })
  try {
    const link = resolveLink(network, endpoint, { abilities })
    const made = onMedium(parts, network, link.queuedOn === 'shared', async () => {
      await applyPlan(planForwarding(network), host)
      await makeLink(parts, link, planLink(network, endpoint, link.up?.rate))
    })
    await together(made, letIn(parts, network, endpoint))
    store.endpointReady(endpoint.id)
    return endpoint
  } catch (error) {
    return afterwards(error, unmake(parts, network, endpoint))
  }
}

async function letIn({ firewall }: Parts, network: NetworkSpec, endpoint: EndpointSpec): Promise<void> {
  await firewall.expect(network)
  await firewall.put(aloneElements(network, endpoint))
}

async function unmake(parts: Parts, network: NetworkSpec, endpoint: EndpointSpec): Promise<void> {
  const { store, publisher, firewall } = parts
  const unlink = async (): Promise<void> => {
    const link = resolveLink(network, endpoint, { abilities: await parts.abilities() })
    await unmakeLink(parts, link, planLink(network, endpoint))
  }
  await together(
    onMedium(parts, network, network.shared !== undefined, unlink),
    leaveRules(parts, publisher.withdraw(endpoint.id)),
    leaveRules(parts, firewall.take(aloneElements(network, endpoint))),
  )
  store.removeEndpoint(endpoint.id)
}

/** Docker takes a MAC that another member has as well: whoever gives it knows why. */
function macFor(
  { warn }: Parts,
  { id, mac, address4, address6 }: WantedEndpoint,
  others: readonly EndpointSpec[],
): string {
  const address = address4 ?? address6
  if (mac === undefined)
    return macAddress(address ? addressBytes(address) : [], id, new Set(others.map((one) => one.mac)))
  const twin = others.find((one) => one.mac === mac)
  if (twin) warn(`endpoint ${id} has the MAC of endpoint ${twin.id}, ${mac}: they share what either may send`)
  return mac
}
