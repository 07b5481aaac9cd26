import type { Command } from './call.ts'
import type { Flags } from './flags.ts'

const PROGRAM = 'docker sluice'
const WIDTH = 79

export const SUMMARY = 'Look at and change the links of networks of the driver sluice'

const topLine = `${PROGRAM} COMMAND`
const commandLine = ({ name, usage, flags }: Command): string =>
  [PROGRAM, name, ...(Object.keys(flags).length > 0 ? ['[OPTIONS]'] : []), usage].filter(Boolean).join(' ')

/** What follows a complaint about the command line (docker/cli, cli/required.go). */
export const usageHint = (command: Command | undefined): string =>
  `Usage:  ${command ? commandLine(command) : topLine}\n\nRun '${PROGRAM}${command ? ` ${command.name}` : ''} --help' for more information`

export function topHelp(commands: readonly Command[]): string {
  const lines = columns(commands.map(({ name, summary }) => [`  ${name}`, summary]))
  return `Usage:  ${topLine}

${SUMMARY}

Commands:
${lines}

Run '${PROGRAM} COMMAND --help' for more information on a command.
`
}

export async function commandHelp(command: Command): Promise<string> {
  const { summary, flags, examples = [] } = command
  const sections = [
    `Usage:  ${commandLine(command)}`,
    wrap(summary, WIDTH).join('\n'),
    ...(examples.length > 0 ? [`Examples:\n${examples.map((line) => `  ${line}`).join('\n')}`] : []),
    ...(Object.keys(flags).length > 0 ? [`Options:\n${flagLines(flags)}`] : []),
    ...Object.entries((await command.more?.()) ?? {}).map(
      ([title, rows]) => `${title}:\n${columns(rows.map(([name, meaning]) => [`  ${name}`, meaning]))}`,
    ),
  ]
  return `${sections.join('\n\n')}\n`
}

const flagLines = (flags: Flags): string =>
  columns(
    Object.entries(flags).map(([name, { short, value, meaning }]) => [
      `  ${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`,
      meaning,
    ]),
  )

function columns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([text]) => text.length)) + 3
  return rows
    .map(([text, meaning]) => text.padEnd(left) + wrap(meaning, WIDTH - left).join(`\n${' '.repeat(left)}`))
    .join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
