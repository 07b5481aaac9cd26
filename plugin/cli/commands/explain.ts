import { messageOf } from '../../../lib/values/errors.ts'
import type { Run } from '../call.ts'
import { sluiceNetworks } from '../compose/file.ts'
import { readCompose } from '../compose/read.ts'
import { asComposeHas } from '../compose/versions.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'

export const explain: Run = async ({ args: [file = ''], flags, globals, environment, output }) => {
  const { file: read, version } = await readCompose(file, environment)
  const { networks, warnings } = asComposeHas(sluiceNetworks(read), version)
  if (networks.length === 0) return output.warn(`${file}: no network of the driver sluice`)
  const engine = connectEngine(globals, environment)
  const [client] = await findPlugins({ engine, environment })
  if (!client) return
  const blocks: string[] = []
  for (const network of networks) {
    const { commands, notes } = await client.explain(network).catch((error: unknown) => {
      throw new Error(`network ${network.name}: ${messageOf(error)}`, { cause: error })
    })
    blocks.push(
      flags.format === 'json'
        ? JSON.stringify({ network: network.name, commands, notes })
        : [`# network ${network.name}`, ...notes.map((note) => `# ${note}`), ...commands].join('\n'),
    )
  }
  for (const warning of warnings) output.warn(warning)
  output.write(`${blocks.join(flags.format === 'json' ? '\n' : '\n\n')}\n`)
}
