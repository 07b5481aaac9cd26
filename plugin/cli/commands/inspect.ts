import type { Run } from '../call.ts'
import { resolveTarget } from '../engine/target.ts'
import { describeEndpoint, describeNetwork, treeOf } from '../print/describe.ts'
import { foldLines } from '../print/width.ts'
import { readTemplate } from '../template/template.ts'

export const inspect: Run = async ({ args: [text = ''], flags: { format = 'pretty' }, ...call }) => {
  const template = ['', 'pretty', 'json'].includes(format) ? undefined : readTemplate(format)
  const { network, endpoint } = await resolveTarget(text, call, { tree: true })
  const shown = endpoint ? { ...endpoint, tree: treeOf(endpoint, network) } : network
  if (format === 'json') return call.output.write(`${JSON.stringify(shown, null, 4)}\n`)
  if (template) return call.output.write(`${template.run(shown)}\n`)
  const lines = endpoint ? describeEndpoint(endpoint, network) : describeNetwork(network)
  call.output.write(foldLines(lines, call.output.columns()))
}
