import type { Call, Run } from '../call.ts'
import { connectEngine } from '../engine/engine.ts'
import { filterNetworks, parseFilters } from '../engine/filter.ts'
import { findPlugins } from '../engine/plugins.ts'
import { resolveNetwork } from '../engine/target.ts'
import { type NetworkView, nameNetworks, readNetworks } from '../engine/view.ts'
import { FIELD_HEADERS, fieldsOf, shortId } from '../print/fields.ts'
import { faultLines, formatListing } from '../print/listing.ts'
import { rowsOf } from '../print/rows.ts'
import { type Format, formatRows, readFormat } from '../print/templates.ts'

export const ls: Run = async (call) => {
  const { flags, lists, output } = call
  const filters = parseFilters(lists.filter ?? [])
  const format = readFormat(flags.format)
  const networks = filterNetworks(await readAll(call), filters)
  if (flags.quiet === 'true') return output.write(formatIds(networks, call))
  output.write(formatNetworks(networks, format, call))
  if (format.kind === 'table') faultLines(networks).forEach(output.warn)
}

/** One network, or those of every instance of Sluice, under the names that the engine has for them. */
export async function readAll({ args: [name], globals, environment }: Call): Promise<readonly NetworkView[]> {
  const engine = connectEngine(globals, environment)
  if (name !== undefined) return [(await resolveNetwork(name, { globals, environment })).network]
  return nameNetworks(await readNetworks(await findPlugins({ engine, environment })), engine)
}

/** In the form that was asked for. */
export function formatNetworks(
  networks: readonly NetworkView[],
  format: Format,
  { flags, output }: Pick<Call, 'flags' | 'output'>,
): string {
  if (format.kind === 'json') return networks.map((network) => `${JSON.stringify(network)}\n`).join('')
  const whole = flags['no-trunc'] === 'true'
  const paper = { width: whole ? undefined : output.columns(), paint: output.paint }
  if (format.kind === 'table')
    return formatListing(networks, { now: flags['no-measure'] !== 'true', ...paper })
  const rows = rowsOf(networks).map((row) => fieldsOf(row, whole))
  return formatRows(format, rows, FIELD_HEADERS, paper)
}

/** Ids of networks; of one network, those of its containers, for `docker stop $(docker sluice ls -q web)`. */
function formatIds(networks: readonly NetworkView[], { args, flags }: Call): string {
  const ids =
    args.length === 0
      ? networks.map(({ id }) => id)
      : networks.flatMap(({ endpoints }) => endpoints.map(({ container, id }) => container ?? id))
  return ids.map((id) => `${shortId(id, flags['no-trunc'] === 'true')}\n`).join('')
}
