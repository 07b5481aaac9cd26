import { setTimeout } from 'node:timers/promises'
import type { Run } from '../call.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'
import { nameNetworks, readNetworks } from '../engine/view.ts'
import { faultLines, formatListing } from '../print/listing.ts'

/** ms between the two readings that a rate is told from */
const BETWEEN = 500

export const ls: Run = async ({ flags, globals, environment, output }) => {
  const engine = connectEngine(globals, environment)
  const clients = await findPlugins({ engine, environment })
  const now = flags['no-measure'] !== 'true'
  const before = await readNetworks(clients)
  if (now && before.length > 0) await setTimeout(BETWEEN)
  const networks = now
    ? await nameNetworks(await readNetworks(clients), engine, before)
    : await nameNetworks(before, engine)
  if (flags.format === 'json')
    return networks.forEach((network) => {
      output.write(`${JSON.stringify(network)}\n`)
    })
  output.write(formatListing(networks, { now }))
  faultLines(networks).forEach(output.warn)
}
