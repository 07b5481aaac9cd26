import { readFileSync, writeFileSync } from 'node:fs'
import { PROFILES } from '../plugin/options/profiles.ts'
import { OPTIONS } from '../plugin/options/table.ts'
import { SETTINGS } from '../plugin/settings.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')
const row = (...cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`

const isOfNetwork = (key: string): boolean => /^(network|uplink)\./.test(key)
const optionsText = (options: Readonly<Record<string, string>>): string =>
  Object.entries(options)
    .map(([key, value]) => `\`${key}=${value}\``)
    .join(' ')

/** docs/options.md, from the tables that options and settings are read by. */
export function optionsPage(): string {
  const options = Object.entries(OPTIONS)
  const own = options.filter(([key]) => !key.includes('docker') && !isOfNetwork(key))
  const networks = options.filter(([key]) => isOfNetwork(key))
  const dockers = options.filter(([key]) => key.includes('docker'))
  const rows = (list: typeof options) =>
    list.map(([key, { value, default: fallback, meaning, scopes }]) =>
      row(`\`${key}\``, value, fallback, scopes.length > 1 ? 'network, attachment' : 'network', meaning),
    )
  const head = [row('key', 'value', 'default', 'given to', 'meaning'), '|---|---|---|---|---|']
  return [
    '# Options and settings',
    '',
    '<!-- Written by `npm run docs` from plugin/options/ and plugin/settings.ts. Do not edit. -->',
    '',
    'Options of a network: `docker network create -o KEY=VALUE`, compose `networks.<name>.driver_opts`.',
    'Options of one attachment: `docker network connect --driver-opt KEY=VALUE`, `docker run --network',
    'name=NET,driver-opt=KEY=VALUE`, compose `services.<name>.networks.<name>.driver_opts`; they stand over the',
    "network's of the same name. Keys and values are read without regard to case. What is not in this list is refused.",
    '',
    "Direction is the container's: `up` is what it sends, `down` is what it receives.",
    '',
    '## The link',
    '',
    ...head,
    ...rows(own),
    '',
    '## The network',
    '',
    ...head,
    ...rows(networks),
    '',
    'All of these change while containers run: `docker sluice set NETWORK[/CONTAINER] KEY=VALUE`.',
    '',
    '## Link profiles',
    '',
    'Values of `link`. Delay, jitter and loss hold in each direction.',
    '',
    row('profile', 'what it is', 'options', 'source'),
    '|---|---|---|---|',
    ...Object.entries(PROFILES).map(([name, profile]) =>
      row(`\`${name}\``, profile.summary, optionsText(profile.options), profile.source),
    ),
    '',
    "## Docker's own names, with Docker's meaning",
    '',
    ...head,
    ...rows(dockers),
    '',
    '## Settings of the plugin',
    '',
    'Environment variables: `docker plugin set sluice:latest NAME=VALUE` while it is disabled, or in the unit file.',
    '',
    row('name', 'default', 'meaning'),
    '|---|---|---|',
    ...SETTINGS.map(({ name, value, meaning }) => row(`\`${name}\``, `\`${value}\``, meaning)),
    '',
  ].join('\n')
}

const PAGE = new URL('options.md', import.meta.url)

/** The page as it is on disk. */
export const writtenPage = (): string => readFileSync(PAGE, 'utf8')

if (import.meta.main) writeFileSync(PAGE, optionsPage())
