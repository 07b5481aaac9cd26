import { readFileSync, writeFileSync } from 'node:fs'
import type { Command } from '../plugin/cli/call.ts'
import { PROFILE_FIELDS } from '../plugin/cli/commands/profiles.ts'
import { COMMANDS } from '../plugin/cli/commands.ts'
import { FILTERS } from '../plugin/cli/engine/filter.ts'
import { commandHelp } from '../plugin/cli/help.ts'
import { FIELDS } from '../plugin/cli/print/fields.ts'

const row = (...cells: string[]): string =>
  `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
const fieldRows = (fields: Readonly<Record<string, { readonly meaning: string }>>): string[] => [
  row('name', 'meaning'),
  '|---|---|',
  ...Object.entries(fields).map(([name, { meaning }]) => row(`\`.${name}\``, meaning)),
]

/** What `--help` prints, but for the keys, which have a page of their own. */
async function help({ more, ...command }: Command): Promise<string[]> {
  const keys = more ? ['', 'The keys are in [options.md](options.md).'] : []
  return [`### ${command.name}`, '', '```', (await commandHelp(command)).trimEnd(), '```', ...keys, '']
}

const INTRODUCTION = `# The command line

<!-- Written by \`npm run docs\` from plugin/cli/. Do not edit. -->

\`docker sluice\` is a plugin of Docker's client. It needs root, as the socket of Sluice does.`

const LISTING = `## What ls and watch show

One row for each network, for its uplink where that is shaped, and for each container. Rates and delays are those of one
direction: UP is what the container sends, DOWN is what it receives.

- **RATE** is the cap. \`10mbit each\` on a network is what every member has that has no rate of its own.
- **NOW** is measured by the plugin: since its last reading if that is 0.4 to 10 s old, else over 0.1 s. All who ask within a
  second get the same reading.
- **DROPS** are packets since the link was made, by what dropped them. \`limit\`: the queue under the cap was full; TCP finds its
  rate by such drops, so they are no fault. \`loss\`: configured loss. \`link\`: the kernel, on a link without a cap.
- \`!\` behind a rate: that direction is at its limit. It carries 95 % of its cap, or 80 % while packets wait.
- \`*\` behind a name: options were set by hand and are kept for the container's name.
- \`?\` behind a name: the engine does not know the network. \`docker sluice prune\` removes it.

### Width

On a terminal no row is wider than the terminal. Where the table finds no room, until it does: columns that say nothing are
left out, UP and DOWN share a column, gaps narrow to two spaces, cells are cut (the last column first), then whole columns
are left out (NOTES, LOSS, DELAY, PORTS, RATE, DROPS). Text that was cut ends with "…". \`--no-trunc\`, and output that is no
terminal, has all of it. Rows that find no room below each other in \`watch\` are counted in the last line.

Colour is for terminals; \`NO_COLOR=1\` turns it off.`

const FORMATS = `## Formats

\`--format\` takes what Docker's own commands take:

| format | what it prints |
|---|---|
| \`table\` | the table (default) |
| \`table TEMPLATE\` | a table with a line of headers, its columns parted by \`\\t\` |
| \`TEMPLATE\` | a line for each row |
| \`json\` | all that is known, an object a line: of \`ls\` a network with its containers, of \`watch\` a reading, of \`profiles\` a profile |

Templates are those of Go. Functions: \`json\`, \`join\`, \`split\`, \`lower\`, \`upper\`, \`title\`, \`pad\`, \`truncate\`, \`print\`, \`printf\`,
\`println\`, \`len\`, \`index\`, \`slice\`, \`eq\`, \`ne\`, \`lt\`, \`le\`, \`gt\`, \`ge\`, \`and\`, \`or\`, \`not\`; actions: \`if\`, \`else\`, \`range\`, \`with\`, \`break\`,
\`continue\` and variables. \`define\`, \`template\` and \`block\` are not there.

\`\`\`
docker sluice ls --format 'table {{.Name}}\\t{{.Rate}}\\t{{.Now}}'
docker sluice ls --format '{{.Name}} {{if .Saturated}}is at its limit{{else}}has room{{end}}'
docker sluice inspect --format '{{json .effective}}' web/app
\`\`\`

A template of \`inspect\` sees the object that \`--format json\` prints, under the names that it has there.`

/** docs/cli.md, from the tables that the command line is read by. */
export const cliPage = async (): Promise<string> =>
  [
    INTRODUCTION,
    '',
    '## Commands',
    '',
    ...(await Promise.all(COMMANDS.map(help))).flat(),
    LISTING,
    '',
    FORMATS,
    '',
    '### Names in templates of ls and watch',
    '',
    ...fieldRows(FIELDS),
    '',
    '### Names in templates of profiles',
    '',
    ...fieldRows(PROFILE_FIELDS),
    '',
    '## Filters',
    '',
    '`--filter NAME=VALUE` of `ls` and `watch`, as often as needed. Of values of the same name one must fit, of labels all; filters of',
    'different names must all fit.',
    '',
    row('name', 'what fits'),
    '|---|---|',
    ...Object.entries(FILTERS).map(([name, meaning]) => row(`\`${name}\``, meaning)),
    '',
    '`-q` prints ids alone: of networks, or, as in `docker sluice ls -q NETWORK`, of the containers of one.',
    '',
  ].join('\n')

const PAGE = new URL('cli.md', import.meta.url)

/** The page as it is on disk. */
export const writtenCliPage = (): string => readFileSync(PAGE, 'utf8')

if (import.meta.main) writeFileSync(PAGE, await cliPage())
