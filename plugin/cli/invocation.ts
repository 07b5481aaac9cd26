import type { Globals } from './call.ts'
import { type Flags, parseFlags } from './flags.ts'

/** What the command line asks for, before the command itself is looked at. */
export type Invocation =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'completion'; readonly words: readonly string[]; readonly described: boolean }
  | ({ readonly kind: 'command' } & CommandLine)

export interface CommandLine {
  readonly globals: Globals
  readonly help: boolean
  readonly name?: string
  readonly args: readonly string[]
}

/**
 * Docker's own options, which it hands on as they were given; those that do not say which engine is meant are
 * read and forgotten.
 *
 * @see https://docs.docker.com/reference/cli/docker/
 */
const GLOBALS: Flags = {
  config: { value: 'string', meaning: 'Location of client config files' },
  context: { short: 'c', value: 'string', meaning: 'Name of the context to use' },
  debug: { short: 'D', meaning: 'Enable debug mode' },
  help: { short: 'h', meaning: 'Print usage' },
  host: { short: 'H', value: 'string', meaning: 'Daemon socket to connect to' },
  'log-level': { short: 'l', value: 'string', meaning: 'Set the logging level' },
  tls: { meaning: 'Use TLS' },
  tlscacert: { value: 'string', meaning: 'Trust certs signed only by this CA' },
  tlscert: { value: 'string', meaning: 'Path to TLS certificate file' },
  tlskey: { value: 'string', meaning: 'Path to TLS key file' },
  tlsverify: { meaning: 'Use TLS and verify the remote' },
}

/**
 * @param argv after the program's name: `[GLOBAL OPTIONS] sluice COMMAND…` from Docker, `COMMAND…` from a
 * person
 * @throws {UsageError}
 * @see https://github.com/docker/cli/blob/master/cli-plugins/manager/plugin.go
 */
export function parseInvocation(argv: readonly string[]): Invocation {
  const [first, ...words] = argv
  if (first === 'docker-cli-plugin-metadata') return { kind: 'metadata' }
  if (first === '__complete' || first === '__completeNoDesc')
    return { kind: 'completion', words, described: first === '__complete' }
  return { kind: 'command', ...parseCommandLine(argv) }
}

/** @throws {UsageError} */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values: before, rest } = parseFlags(GLOBALS, argv, { stopEarly: true })
  // `docker help sluice ls` comes as `help sluice ls`.
  const asked = rest[0] === 'help' ? rest.slice(1) : rest
  const { values: after, rest: words } =
    asked[0] === 'sluice'
      ? parseFlags(GLOBALS, asked.slice(1), { stopEarly: true })
      : { values: {}, rest: asked }
  const [name, ...args] = words[0] === 'help' ? words.slice(1) : words
  const { help, host, context, config } = { ...before, ...after } as Record<string, string | undefined>
  return {
    globals: {
      ...(host === undefined ? {} : { host }),
      ...(context === undefined ? {} : { context }),
      ...(config === undefined ? {} : { config }),
    },
    help: help === 'true' || rest[0] === 'help' || words[0] === 'help',
    args,
    ...(name === undefined ? {} : { name }),
  }
}
