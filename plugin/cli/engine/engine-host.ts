import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment, Globals } from '../call.ts'

const DEFAULT_HOST = 'unix:///var/run/docker.sock'

/**
 * The socket of the engine that is meant, found as Docker's client finds it.
 *
 * @throws {Error} an engine of another machine, or a context that is not there
 * @see https://github.com/docker/cli/blob/master/cli/command/cli.go resolveContextName
 */
export function engineSocket(globals: Globals, environment: Environment): string {
  const host = engineHost(globals, environment)
  const path = /^unix:\/\/(.+)$/.exec(host)?.[1]
  if (path !== undefined) return path
  throw new Error(
    `cannot use the engine at ${host}: the plugin answers on a socket of the engine's machine alone; run docker sluice there`,
  )
}

function engineHost({ host, context, config }: Globals, environment: Environment): string {
  if (host !== undefined && context !== undefined)
    throw new Error('conflicting options: cannot specify both --host and --context')
  const folder = configFolder(config, environment)
  if (context !== undefined) return contextHost(folder, context)
  const named = host ?? environment.DOCKER_HOST
  if (named) return named
  return contextHost(folder, environment.DOCKER_CONTEXT || currentContext(folder))
}

/** What names the engine's socket; nothing where it is the usual one. */
export function hostSource({ host, context, config }: Globals, environment: Environment): string {
  if (context !== undefined) return `the context "${context}"`
  if (host !== undefined) return '--host'
  if (environment.DOCKER_HOST) return 'DOCKER_HOST'
  const current = environment.DOCKER_CONTEXT || currentContext(configFolder(config, environment))
  return current === '' || current === 'default' ? '' : `the context "${current}"`
}

const configFolder = (config: string | undefined, environment: Environment): string =>
  config ?? (environment.DOCKER_CONFIG || join(environment.HOME ?? homedir(), '.docker'))

/** `docker context use` writes it; a file that is not there, or that cannot be read, names none. */
function currentContext(folder: string): string {
  try {
    const { currentContext = '' } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    return String(currentContext)
  } catch {
    return ''
  }
}

function contextHost(folder: string, name: string): string {
  if (name === '' || name === 'default') return DEFAULT_HOST
  const digest = createHash('sha256').update(name).digest('hex')
  const file = join(folder, 'contexts/meta', digest, 'meta.json')
  try {
    const { Endpoints } = JSON.parse(readFileSync(file, 'utf8'))
    return String(Endpoints.docker.Host)
  } catch (error) {
    throw new Error(`cannot use the context "${name}": it has no engine in ${file}`, { cause: error })
  }
}
