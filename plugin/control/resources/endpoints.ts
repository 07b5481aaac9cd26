import { memberShares, resolveLink } from '../../../lib/features/shaping/resolve.ts'
import { difference } from '../../change-log.ts'
import { findEndpoint, findNetwork } from '../find.ts'
import { type Control, type ControlRequest, resource } from '../route.ts'
import { type Change, ChangedEndpoint, ChangeRequest } from '../schema/components.ts'
import { changedEndpoint, effectiveOf, endpointView } from '../view/views.ts'

export const endpoints = [
  resource({
    method: 'PATCH',
    path: '/v1/networks/{id}/endpoints/{endpoint}/options',
    summary:
      "Changes an attachment under traffic; the change is kept for the container's name, where that is known",
    body: ChangeRequest,
    answer: ChangedEndpoint,
    handle: changeEndpoint,
  }),
]

async function changeEndpoint(
  control: Control,
  { params, body: { options: change }, note }: ControlRequest<{ readonly options: Change }>,
): Promise<ChangedEndpoint> {
  const { look, naming, follower, overrides, networks } = control
  const found = findNetwork(params.id ?? '', control)
  const was = findEndpoint(params.endpoint ?? '', found, look.members(found.id))
  const name = await follower.nameOf(was.id, found.id)
  const { keptBy, ...given } = await overrides.change(was.id, change, name)
  const changed = difference(given.before, given.after)
  if (changed) note('changed endpoint', { network: found.id, endpoint: was.id, ...changed })
  const network = networks.network(found.id)
  const members = look.members(network.id)
  const share = memberShares(network, members).get(was.id)
  const link = resolveLink(network, findEndpoint(was.id, network, members), {
    abilities: await look.abilities(),
    share,
  })
  return {
    ...naming.endpoint(changedEndpoint(link)),
    keptBy,
    before: { options: given.before, effective: effectiveOf(found, was) },
    // A change without effect compared nothing with the host, so we compare here.
    faults: changed ? [] : endpointView(link, await look.look([network])).faults,
  }
}
