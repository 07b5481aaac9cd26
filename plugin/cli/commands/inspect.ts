import type { Run } from '../call.ts'
import { resolveTarget } from '../engine/target.ts'
import { describeEndpoint, describeNetwork, treeOf } from '../print/describe.ts'

export const inspect: Run = async (call) => {
  const { network, endpoint } = await resolveTarget(call.args[0] ?? '', call, { tree: true })
  if (call.flags.format === 'json') {
    const shown = endpoint ? { ...endpoint, tree: treeOf(endpoint, network) } : network
    return call.output.write(`${JSON.stringify(shown, null, 4)}\n`)
  }
  call.output.write(endpoint ? describeEndpoint(endpoint, network) : describeNetwork(network))
}
