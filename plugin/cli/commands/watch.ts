import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../../../lib/values/errors.ts'
import { parseDuration } from '../../../lib/values/units.ts'
import type { Environment, Run } from '../call.ts'
import { filterNetworks, parseFilters } from '../engine/filter.ts'
import { createScreen } from '../print/screen.ts'
import { readFormat } from '../print/templates.ts'
import { UsageError } from '../usage-error.ts'
import { formatNetworks, readAll } from './ls.ts'

export const watch: Run = async (call) => {
  const { flags, lists, environment, output } = call
  const interval = parseInterval(flags.interval ?? '1s')
  const count = parseCount(flags.count)
  const filters = parseFilters(lists.filter ?? [])
  const format = readFormat(flags.format)
  endWhenAsked(environment)
  // Who misspells a name is told at once; what goes away later is waited for.
  let networks = filterNetworks(await readAll(call), filters)
  const screen = output.isTerminal && format.kind !== 'json' ? createScreen(output) : undefined
  const show = (trouble?: string): void => {
    const table = (): string => formatNetworks(networks, format, call)
    if (screen) screen.draw(table, trouble)
    else if (trouble) output.warn(trouble)
    else if (format.kind === 'json') output.write(`${JSON.stringify({ at: Date.now(), networks })}\n`)
    else output.write(table())
  }
  show()
  for (let reading = 1; reading < count; reading++) {
    await setTimeout(interval)
    let trouble: string | undefined
    try {
      networks = filterNetworks(await readAll(call), filters)
    } catch (error) {
      trouble = `the plugin does not answer, trying again: ${messageOf(error)}`
    }
    if (!screen && !trouble && format.kind === 'table') output.write('\n')
    show(trouble)
  }
  screen?.close()
}

/**
 * Ends well on Ctrl-C, as `docker stats` does. Docker's client, told to end where there is no terminal, tells
 * by closing a socket of its own.
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
