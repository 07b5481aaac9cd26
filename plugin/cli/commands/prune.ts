import { createInterface } from 'node:readline/promises'
import { messageOf } from '../../../lib/values/errors.ts'
import type { Network } from '../../control/schema/components.ts'
import type { Output, Run } from '../call.ts'
import type { Client } from '../engine/client.ts'
import { connectEngine, type Engine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'

/** A network that is to go, and whose it is. */
interface Doomed {
  readonly client: Client
  readonly network: Network
}

/** Removes networks that are Sluice's but not the engine's any more, once that is agreed to. */
export const prune: Run = async ({ flags, globals, environment, output }) => {
  const engine = connectEngine(globals, environment)
  const clients = await findPlugins({ engine, environment })
  const doomed = (await Promise.all(clients.map((client) => unknownTo(engine, client)))).flat()
  if (doomed.length === 0) return output.write('Nothing to prune: the engine knows every network.\n')
  const list = doomed.map(({ network }) => `  ${describe(network)}\n`).join('')
  if (flags.force !== 'true') {
    output.write(`WARNING! This will remove networks of Sluice that the engine does not know:\n${list}`)
    if (!(await agreed(output))) return
  }
  const failures = await removeAll(doomed, output)
  if (failures.length > 0) throw new Error(failures.join('\n'))
}

/** Both have to say so: the plugin by the list that it keeps, and the engine that is asked now. */
async function unknownTo(engine: Engine, client: Client): Promise<readonly Doomed[]> {
  const { engine: state } = await client.health()
  if (state !== 'followed') {
    const socket = engine.socket() ?? '/var/run/docker.sock'
    const remedy = `. The plugin needs its socket: docker plugin set sluice:latest engine.source=${socket}; the service finds it by DOCKER_HOST in /etc/default/sluice`
    throw new Error(`cannot tell what the engine knows: it is ${state}${/socket/.test(state) ? remedy : ''}`)
  }
  const suspects = (await client.networks()).filter(({ known }) => known === false)
  const found = await Promise.all(suspects.map(({ id }) => engine.network(id)))
  return suspects.flatMap((network, index) => (found[index] ? [] : [{ client, network }]))
}

function describe({ id, name, bridge, subnets, endpoints }: Network): string {
  const members =
    endpoints.length === 0 ? '' : `, ${endpoints.length} endpoint${endpoints.length > 1 ? 's' : ''}`
  return `${name ?? id.slice(0, 12)} (bridge ${bridge}, ${subnets.join(', ') || 'no subnet'}${members})`
}

async function agreed(output: Output): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin })
  output.write('Are you sure you want to continue? [y/N] ')
  const answer = await new Promise<string>((resolve) => {
    terminal.once('line', resolve).once('close', () => resolve(''))
  })
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

async function removeAll(doomed: readonly Doomed[], { write }: Output): Promise<string[]> {
  const failures: string[] = []
  const gone: string[] = []
  for (const { client, network } of doomed)
    await client.prune(network.id).then(
      () => gone.push(network.name ?? network.id),
      (error: unknown) => failures.push(messageOf(error)),
    )
  if (gone.length > 0) write(`Deleted Networks:\n${gone.join('\n')}\n`)
  return failures
}
