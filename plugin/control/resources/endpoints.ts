import { memberShares, resolveLink } from '../../../lib/features/shaping/resolve.ts'
import { NotFoundError } from '../../../lib/values/errors.ts'
import { difference } from '../../change-log.ts'
import { findEndpoint, findNetwork } from '../find.ts'
import { type Control, type ControlRequest, resource } from '../route.ts'
import { type Change, ChangeRequest, Endpoint } from '../schema/components.ts'
import { endpointView } from '../view/views.ts'

export const endpoints = [
  resource({
    method: 'PATCH',
    path: '/v1/networks/{id}/endpoints/{endpoint}/options',
    summary:
      "Changes an attachment under traffic; the change is kept for the container's name, where that is known",
    body: ChangeRequest,
    answer: Endpoint,
    handle: changeEndpoint,
  }),
]

async function changeEndpoint(
  control: Control,
  { params, body: { options: change }, note }: ControlRequest<{ readonly options: Change }>,
): Promise<Endpoint> {
  const { look, naming, follower, overrides } = control
  const network = findNetwork(params.id ?? '', control)
  const { id } = findEndpoint(params.endpoint ?? '', network, look.members(network.id))
  const name = await follower.nameOf(id, network.id)
  const { keptBy, before, after } = await overrides.change(id, change, name)
  const changed = difference(before, after)
  if (changed) note('changed endpoint', { network: network.id, endpoint: id, ...changed })
  const members = look.members(network.id)
  const spec = members.find((one) => one.id === id)
  if (!spec) throw new NotFoundError(`endpoint ${id} has gone in the meantime`)
  const share = memberShares(network, members).get(id)
  const seen = await look.look([network])
  const link = resolveLink(network, spec, { abilities: seen.abilities, share })
  const shown = endpointView(link, seen)
  return { ...naming.endpoint(shown), keptBy }
}
