import type { Command } from './call.ts'
import { FILTERS } from './engine/filter.ts'
import type { Flag } from './flags.ts'

/** In Docker's own words. */
const TABLE: Flag = {
  value: 'string',
  offers: ['table', 'json'],
  meaning:
    'Format output using a custom template: "table" (default), "table TEMPLATE", "json" (an object a line) or "TEMPLATE", a Go template',
}
const FILTER: Flag = {
  short: 'f',
  value: 'filter',
  many: true,
  offers: Object.keys(FILTERS).map((name) => `${name}=`),
  meaning: 'Provide filter values (such as "name=web")',
}
const QUIET: Flag = { short: 'q', meaning: 'Only display IDs' }
const NO_TRUNC: Flag = { meaning: "Do not cut the output to the terminal's width, nor ids" }
const PRETTY: Flag = {
  value: 'string',
  oneOf: ['pretty', 'json'],
  meaning: 'Format output: "pretty" (default) or "json"',
}

const INSPECT: Flag = {
  short: 'f',
  value: 'string',
  offers: ['pretty', 'json'],
  meaning: 'Format output: "pretty" (default), "json" or a Go template over what "json" shows',
}

/**
 * Every command, in the order of the alphabet, as Docker lists its own. A command's code is loaded when it is
 * called.
 */
export const COMMANDS: readonly Command[] = [
  {
    name: 'explain',
    usage: 'FILE|-',
    summary: 'Show the commands a Compose file would run, without running them',
    examples: ['docker sluice explain compose.yaml', 'docker sluice explain - < compose.yaml'],
    flags: { format: PRETTY },
    args: ['file'],
    least: 1,
    most: 1,
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'inspect',
    usage: 'NETWORK[/CONTAINER]',
    summary: 'Display all that is known of a network or of one container on it, and what tc shows',
    examples: [
      'docker sluice inspect web/app',
      "docker sluice inspect --format '{{json .effective}}' web/app",
    ],
    flags: { format: INSPECT },
    args: ['target'],
    least: 1,
    most: 1,
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'ls',
    usage: '[NETWORK]',
    summary: 'List networks and their containers, with limits and current rates',
    examples: [
      'docker sluice ls --filter container=app',
      "docker sluice ls --format 'table {{.Name}}\\t{{.Rate}}\\t{{.Now}}'",
    ],
    flags: {
      filter: FILTER,
      format: TABLE,
      'no-measure': { meaning: 'Do not display measured rates' },
      'no-trunc': NO_TRUNC,
      quiet: QUIET,
    },
    args: ['network'],
    least: 0,
    most: 1,
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'profiles',
    usage: '',
    summary: 'List the link profiles, for the option "link"',
    flags: {
      format: TABLE,
      'no-trunc': NO_TRUNC,
      quiet: { short: 'q', meaning: 'Only display names' },
    },
    args: [],
    least: 0,
    most: 0,
    load: async () => (await import('./commands/profiles.ts')).profiles,
  },
  {
    name: 'prune',
    usage: '',
    summary: 'Remove networks of Sluice that the engine does not know any more',
    flags: { force: { short: 'f', meaning: 'Do not prompt for confirmation' } },
    args: [],
    least: 0,
    most: 0,
    load: async () => (await import('./commands/prune.ts')).prune,
  },
  {
    name: 'set',
    usage: 'NETWORK[/CONTAINER] KEY=VALUE [KEY=VALUE...]',
    summary: 'Change options of a network, or of one container on it, while traffic flows',
    examples: ['docker sluice set web rate=20mbit', 'docker sluice set web/app delay=80ms loss=0.5%'],
    flags: {},
    args: ['target', 'setting'],
    least: 2,
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./commands/set.ts')).set,
    more: async () => (await import('./keys.ts')).keySections(),
  },
  {
    name: 'unset',
    usage: 'NETWORK[/CONTAINER] KEY [KEY...]',
    summary: 'Remove options, restoring inherited values',
    flags: {},
    args: ['target', 'key'],
    least: 2,
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./commands/set.ts')).unset,
    more: async () => (await import('./keys.ts')).keySections(),
  },
  {
    name: 'version',
    usage: '',
    summary: 'Show versions of the command, plugin, kernel, tools, engine and Compose',
    flags: { format: PRETTY },
    args: [],
    least: 0,
    most: 0,
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: 'watch',
    usage: '[NETWORK]',
    summary: 'Refresh "ls" continuously',
    flags: {
      count: { value: 'int', meaning: 'End after so many readings' },
      filter: FILTER,
      format: TABLE,
      interval: { value: 'duration', meaning: 'Time between readings (default 1s)' },
      'no-trunc': NO_TRUNC,
    },
    args: ['network'],
    least: 0,
    most: 1,
    load: async () => (await import('./commands/watch.ts')).watch,
  },
]
