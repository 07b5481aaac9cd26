import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../../../lib/errors.ts'
import { parseDuration } from '../../../lib/units.ts'
import type { Network } from '../../control/types.ts'
import type { Call, Environment, Output, Run } from '../call.ts'
import type { Client } from '../engine/client.ts'
import { connectEngine } from '../engine/engine.ts'
import { findPlugins } from '../engine/plugins.ts'
import { resolveTarget } from '../engine/target.ts'
import { type NetworkView, nameNetworks, readNetworks } from '../engine/view.ts'
import { formatListing } from '../print/listing.ts'
import { UsageError } from '../usage-error.ts'

/** ms: the first reading that rates can be told from comes no later, whatever the interval */
const FIRST = 500

export const watch: Run = async (call) => {
  const { flags, globals, environment, output } = call
  const interval = parseInterval(flags.interval ?? '1s')
  const count = parseCount(flags.count)
  endWhenAsked(environment)
  const engine = connectEngine(globals, environment)
  const read = await reader(call)
  let before = await read()
  for (let reading = 0; reading < count; reading++) {
    await setTimeout(reading === 0 ? Math.min(interval, FIRST) : interval)
    const networks = await read()
    const views = await nameNetworks(networks, engine, before)
    before = networks
    if (flags.format === 'json') output.write(`${JSON.stringify({ at: Date.now(), networks: views })}\n`)
    else draw(views, output, reading === 0)
  }
}

async function reader(call: Call): Promise<() => Promise<readonly Network[]>> {
  const [name] = call.args
  if (name !== undefined) {
    const { client, network } = await resolveTarget(name, call)
    return async () => [await client.network(network.id)]
  }
  const { globals, environment } = call
  const clients: readonly Client[] = await findPlugins({
    engine: connectEngine(globals, environment),
    environment,
  })
  return () => readNetworks(clients)
}

/** On a terminal each table takes the place of the one before it, line by line, so that nothing flickers. */
function draw(networks: readonly NetworkView[], { write, isTerminal, rows }: Output, first: boolean): void {
  const table = formatListing(networks, { now: true })
  if (!isTerminal) {
    write(first ? table : `\n${table}`)
    return
  }
  const lines = table
    .trimEnd()
    .split('\n')
    .slice(0, Math.max(1, rows() - 1))
  write(`${first ? '\x1b[2J' : ''}\x1b[H${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`)
}

/**
 * Ends well on Ctrl-C, as `docker stats` does. Docker's client, told to end where there is no terminal, tells by closing
 * a socket of its own.
 *
 * @see https://github.com/docker/cli/blob/master/cli-plugins/socket/socket.go
 */
function endWhenAsked({ DOCKER_CLI_PLUGIN_SOCKET: socket }: Environment): void {
  const end = (): never => process.exit(0)
  process.once('SIGINT', end).once('SIGTERM', end)
  if (!socket) return
  // "@" is how Go writes the zero byte that begins an abstract socket's name.
  const told = connect({ path: socket.replace(/^@/, '\0') }).unref()
  told.once('connect', () => told.once('close', end).resume()).once('error', () => told.destroy())
}

/** @returns ms */
export function parseInterval(text: string): number {
  const refuse = (why: string): UsageError =>
    new UsageError(`invalid argument "${text}" for "--interval" flag: ${why}`)
  let interval: number
  try {
    interval = parseDuration(text) / 1000
  } catch (error) {
    throw refuse(messageOf(error))
  }
  if (interval < 100) throw refuse('expected at least 100ms')
  return interval
}

export function parseCount(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`invalid argument "${text}" for "--count" flag: expected a number from 1`)
}
