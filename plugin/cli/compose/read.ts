import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { parseEnv, promisify } from 'node:util'
import { messageOf } from '../../../lib/values/errors.ts'
import type { Environment } from '../call.ts'
import { parseConfig } from './file.ts'
import type { ComposeFile } from './types.ts'

/** A Compose file, and the version of the Compose that is here. */
export interface ReadFile {
  readonly file: ComposeFile
  readonly version: string | undefined
}

/**
 * Reads a Compose file as Compose does, with variables, `extends` and all, by asking Compose; or, where there
 * is none, without.
 *
 * @param path the file's, or `-` for standard input
 * @throws {Error} there is no such file, Compose refuses it, or it takes Compose to read it
 */
export async function readCompose(path: string, environment: Environment): Promise<ReadFile> {
  const text = path === '-' ? await readAll(process.stdin) : await readText(path)
  const docker = clientOf(environment)
  const input = path === '-' ? text : undefined
  const version = await versionOf([docker, 'compose'])
  if (version === undefined) {
    const [old, file] = await Promise.all([versionOf(['docker-compose']), readPlain(text, path, environment)])
    return { file, version: old }
  }
  try {
    const config = await run([docker, 'compose', '-f', path, 'config', '--format', 'json'], input)
    return { file: parseConfig(config), version }
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr?.trim() || messageOf(error), { cause: error })
  }
}

/** The version of the Compose that is here: the client's plugin, or else the older program. */
export async function composeVersion(environment: Environment): Promise<string | undefined> {
  return (await versionOf([clientOf(environment), 'compose'])) ?? versionOf(['docker-compose'])
}

// By what it was called, Docker's client says which one it is.
const clientOf = (environment: Environment): string =>
  environment.DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND || 'docker'

/** @returns nothing where there is no such program */
const versionOf = (program: readonly string[]): Promise<string | undefined> =>
  run([...program, 'version', '--short']).then(
    (version) => version.trim(),
    () => undefined,
  )

async function run([program = '', ...args]: readonly string[], input?: string): Promise<string> {
  const asked = promisify(execFile)(program, args, { maxBuffer: 2 ** 26 })
  asked.child.stdin?.on('error', () => undefined).end(input)
  return (await asked).stdout
}

async function readPlain(text: string, path: string, environment: Environment): Promise<ComposeFile> {
  const folder = path === '-' ? process.cwd() : dirname(resolve(path))
  const { BeyondPlainError, parsePlain } = await import('./plain.ts')
  const defaults = parseEnv(await readFile(join(folder, '.env'), 'utf8').catch(() => ''))
  try {
    return parsePlain(text, { project: basename(folder), variables: { ...defaults, ...environment } })
  } catch (error) {
    if (error instanceof BeyondPlainError)
      throw new Error(
        `cannot read ${path} without Docker Compose: it has ${error.message}. Install the plugin "docker compose", or let another Compose write it out: docker-compose -f ${path} config | docker sluice explain -`,
        { cause: error },
      )
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error })
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `open ${file}: no such file or directory` : messageOf(error), {
      cause: error,
    })
  }
}
