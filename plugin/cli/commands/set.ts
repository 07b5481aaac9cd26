import type { Change } from '../../control/schema/components.ts'
import type { Call, Run } from '../call.ts'
import { locateTarget } from '../engine/target.ts'
import { UsageError } from '../usage-error.ts'

export const set: Run = async (call) => {
  const [target = '', ...settings] = call.args
  await change(call, target, parseSettings(settings))
}

export const unset: Run = async (call) => {
  const [target = '', ...keys] = call.args
  await change(call, target, parseKeys(keys))
}

/** @throws {UsageError} naming the key */
export function parseSettings(settings: readonly string[]): Change {
  const change: Record<string, string> = {}
  for (const setting of settings) {
    const at = setting.indexOf('=')
    if (at < 1) throw new UsageError(`${setting}: expected KEY=VALUE`)
    const key = setting.slice(0, at)
    if (Object.hasOwn(change, key)) throw new UsageError(`${key}: given twice`)
    change[key] = setting.slice(at + 1)
  }
  return change
}

/** @throws {UsageError} naming the key */
export function parseKeys(keys: readonly string[]): Change {
  const odd = keys.find((key) => key === '' || key.includes('='))
  if (odd !== undefined)
    throw new UsageError(
      `${odd.split('=')[0]}: expected a key alone, got "${odd}"; to change it: docker sluice set`,
    )
  return Object.fromEntries(keys.map((key) => [key, null]))
}

/**
 * Prints what was changed, first the target's name as Docker's commands do, then each value before and after.
 * All keys go in one call: all of them change, or none.
 */
async function change(call: Call, text: string, options: Change): Promise<void> {
  const { client, network, endpoint } = await locateTarget(text, call)
  const { changeLines, ofEndpoint, ofNetwork } = await import('../print/change.ts')
  const { output } = call
  const lines = ({ faults }: { readonly faults: readonly string[] }, told: readonly string[]): void => {
    output.write(`${[text, ...told].join('\n')}\n`)
    for (const fault of faults) output.warn(`WARNING: ${text}: ${fault}`)
  }
  if (!endpoint) {
    const after = await client.setNetwork(network.id, options)
    return lines(after, changeLines(options, ofNetwork(after.before), ofNetwork(after)))
  }
  const after = await client.setEndpoint(network.id, endpoint.id, options)
  const inherited = { options: after.inherited }
  lines(after, changeLines(options, ofEndpoint(after.before, inherited), ofEndpoint(after, inherited)))
  if (after.keptBy === 'name')
    output.write(`  kept for containers called ${endpoint.name} on this network, until it is unset\n`)
  else {
    const why =
      after.name === undefined ? "the engine's name for it is not known" : 'these keys are never kept by name'
    output.warn(`WARNING: ${text}: kept for this attachment alone, as ${why}: it ends with the container`)
  }
}
