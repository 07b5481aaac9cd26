import { resolveNetwork } from '../../../lib/features/shaping/resolve.ts'
import { showTree } from '../../../lib/kernel/tc/show.ts'
import type { NetworkSpec } from '../../../lib/model/network.ts'
import { difference } from '../../change-log.ts'
import { changeNetworkOptions } from '../change-network.ts'
import { findNetwork } from '../find.ts'
import { pruneNetwork } from '../prune.ts'
import { type Control, type ControlRequest, resource } from '../route.ts'
import {
  type Change,
  ChangedNetwork,
  ChangeRequest,
  Network,
  Networks,
  Pruned,
} from '../schema/components.ts'
import { changedNetwork, devicesOf } from '../view/views.ts'

export const networks = [
  resource({
    method: 'GET',
    path: '/v1/networks',
    summary: 'All networks with their attachments and counters',
    answer: Networks,
    handle: listNetworks,
  }),
  resource({
    method: 'GET',
    path: '/v1/networks/{id}',
    summary: 'One network, compared with what is on the host',
    query: { tree: { enum: ['0', '1'], description: '1 to add what tc prints of every device' } },
    answer: Network,
    handle: showNetwork,
  }),
  resource({
    method: 'DELETE',
    path: '/v1/networks/{id}',
    summary:
      'Removes a network that the engine does not know; refused while the engine knows it or a container is on it',
    answer: Pruned,
    handle: removeNetwork,
  }),
  resource({
    method: 'PATCH',
    path: '/v1/networks/{id}/options',
    summary: 'Changes a network under traffic; the change outlives restarts',
    body: ChangeRequest,
    answer: ChangedNetwork,
    handle: changeNetwork,
  }),
]

function listNetworks({ look }: Control): Promise<Buffer> {
  return look.listing()
}

async function viewNetwork({ look }: Control, spec: NetworkSpec): Promise<Network> {
  return look.view(spec, await look.look([spec]))
}

async function showNetwork(
  control: Control,
  { params: { id = '' }, query }: ControlRequest,
): Promise<Network> {
  const spec = findNetwork(id, control)
  const seen = await control.look.look([spec])
  const shown = await control.look.view(spec, seen)
  if (query.tree !== '1') return shown
  const devices = devicesOf(resolveNetwork(spec, control.look.members(spec.id), seen.abilities))
  const tree = await Promise.all(
    devices.map(async (device) => ({ device, text: await showTree(control.host, device) })),
  )
  return { ...shown, tree: tree.filter(({ text }) => text.length > 0) }
}

async function removeNetwork(
  control: Control,
  { params: { id = '' }, note }: ControlRequest,
): Promise<Pruned> {
  const pruned = await pruneNetwork(findNetwork(id, control).id, control)
  const { bridge, endpoints } = pruned
  note('pruned network', { network: pruned.id, bridge, endpoints })
  return pruned
}

async function changeNetwork(
  control: Control,
  { params, body: { options: change }, note }: ControlRequest<{ readonly options: Change }>,
): Promise<ChangedNetwork> {
  const { naming, look } = control
  const { id } = findNetwork(params.id ?? '', control)
  const { before, after } = await changeNetworkOptions(id, change, control)
  const changed = difference(before, after)
  if (changed) note('changed network', { network: id, ...changed })
  const spec = control.networks.network(id)
  const shown = naming.network(changedNetwork(spec, await look.abilities()))
  // A change without effect compared nothing with the host, so we compare here.
  const { faults } = changed ? shown : await viewNetwork(control, spec)
  return { ...shown, before: { options: before }, faults }
}
