import { styleText } from 'node:util'
import { messageOf } from '../../lib/values/errors.ts'
import type { Command, Output } from './call.ts'
import { COMMANDS } from './commands.ts'
import { parseFlags } from './flags.ts'
import { commandHelp, topHelp, usageHint } from './help.ts'
import { type CommandLine, parseInvocation } from './invocation.ts'
import { METADATA } from './metadata.ts'
import { UsageError } from './usage-error.ts'

const output: Output = {
  write: (text) => void process.stdout.write(text),
  warn: (line) => void process.stderr.write(`${line}\n`),
  isTerminal: process.stdout.isTTY === true,
  rows: () => process.stdout.rows || 24,
  columns: () =>
    process.stdout.isTTY ? process.stdout.columns || Number(process.env.COLUMNS) || 80 : undefined,
  paint: (style, text) => styleText(style, text, { stream: process.stdout }),
}

async function main(argv: readonly string[]): Promise<void> {
  const invocation = parseInvocation(argv)
  if (invocation.kind === 'metadata') return output.write(`${JSON.stringify(METADATA, null, 2)}\n`)
  if (invocation.kind === 'completion') return printCompletion(invocation.words, invocation.described)
  const { name } = invocation
  if (name === undefined) return output.write(topHelp(COMMANDS))
  const command = COMMANDS.find((one) => one.name === name)
  if (!command) throw new UsageError(`docker: unknown command: docker sluice ${name}`)
  await runCommand(command, invocation).catch((error: unknown) => {
    throw withUsage(error, command)
  })
}

async function runCommand(command: Command, { args, help, globals }: CommandLine): Promise<void> {
  const flags = { ...command.flags, help: { short: 'h', meaning: 'Print usage' } }
  const { values, lists, rest } = parseFlags(flags, args)
  const asksAll = command.more && args.length === 0
  if (help || values.help === 'true' || asksAll) return output.write(await commandHelp(command))
  checkCount(command, rest.length)
  const run = await command.load()
  await run({ args: rest, flags: values, lists, globals, environment: process.env, output })
}

/** @throws {UsageError} in the words of docker/cli, cli/required.go */
function checkCount({ name, least, most }: Command, count: number): void {
  if (count >= least && count <= most) return
  const limit = count < least ? least : most
  const bound = least === most ? '' : count < least ? 'at least ' : 'at most '
  const wanted =
    most === 0 ? 'accepts no arguments' : `requires ${bound}${limit} argument${limit === 1 ? '' : 's'}`
  throw new UsageError(`docker: 'docker sluice ${name}' ${wanted}`)
}

async function printCompletion(words: readonly string[], described: boolean): Promise<void> {
  const { complete, formatCompletion } = await import('./complete/complete.ts')
  const { completionSources } = await import('./complete/complete-sources.ts')
  const found = await complete(words, (globals) => completionSources(globals, process.env))
  output.write(formatCompletion(found, described))
}

const withUsage = (error: unknown, command?: Command): unknown =>
  error instanceof UsageError ? new Error(`${error.message}\n\n${usageHint(command)}`) : error

// `docker sluice watch | head` has seen enough: that is no failure.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1))

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${messageOf(withUsage(error))}\n`)
  process.exit(1)
})
