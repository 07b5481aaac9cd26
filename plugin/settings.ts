import { ANY4 } from '../lib/model/port.ts'
import { InvalidRequestError, messageOf } from '../lib/values/errors.ts'
import { type PoolSource, parsePoolSources } from '../lib/values/pool.ts'
import { parseDuration } from '../lib/values/units.ts'

/** The plugin's settings: environment variables, set with `docker plugin set` or in the unit file. */
export interface Settings {
  readonly logLevel: string
  readonly logFormat: 'json' | 'pretty'
  readonly stateDir: string
  readonly addressPools: readonly PoolSource[]
  /** host and port of /metrics, or undefined where it is off */
  readonly metricsListen: { readonly host: string; readonly port: number } | undefined
  /** ms */
  readonly reconcileInterval: number
  readonly socket: string
  /** the engine's, from which we read names; a path that is not a socket means: no engine */
  readonly engineSocket: string
}

/** One setting, as the documents and config.json list it. */
export interface SettingDoc {
  readonly name: string
  readonly value: string
  readonly meaning: string
}

export const SETTINGS: readonly SettingDoc[] = [
  {
    name: 'LOG_LEVEL',
    value: 'info',
    meaning: 'least important lines to log: trace, debug, info, warn, error or fatal',
  },
  { name: 'LOG_FORMAT', value: 'json', meaning: 'json, a line each, or pretty, for a person' },
  {
    name: 'STATE_DIR',
    value: '/var/lib/sluice',
    meaning: 'where the state database lives; on a host path, so that it outlives the plugin',
  },
  {
    name: 'ADDRESS_POOLS',
    value: '10.128.0.0/9:26,fd00::/8:64',
    meaning: 'pools, BASE/len:size, that subnets are cut from when none is named',
  },
  {
    name: 'METRICS_LISTEN',
    value: '127.0.0.1:9642',
    meaning: 'where /metrics is served; empty turns it off',
  },
  {
    name: 'RECONCILE_INTERVAL',
    value: '30s',
    meaning: 'how often the host is compared with what should be there, at least 1s',
  },
]

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
const defaults = Object.fromEntries(SETTINGS.map(({ name, value }) => [name, value]))

/** @throws {InvalidRequestError} naming the variable */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const get = (name: string): string => environment[name] ?? defaults[name] ?? ''
  const oneOf = <T extends string>(name: string, values: readonly T[]): T => {
    const value = values.find((known) => known === get(name))
    if (value === undefined)
      throw new InvalidRequestError(`${name}: expected ${values.join(', ')}, got "${get(name)}"`)
    return value
  }
  return {
    logLevel: oneOf('LOG_LEVEL', LEVELS),
    logFormat: oneOf('LOG_FORMAT', ['json', 'pretty']),
    stateDir: get('STATE_DIR'),
    addressPools: parsePoolSources(get('ADDRESS_POOLS')),
    metricsListen: parseListen(get('METRICS_LISTEN')),
    reconcileInterval: parseInterval(get('RECONCILE_INTERVAL')),
    socket: environment.SOCKET ?? '/run/docker/plugins/sluice.sock',
    engineSocket: socketOf(environment.DOCKER_HOST || 'unix:///var/run/docker.sock'),
  }
}

/**
 * The path in `unix://PATH`. Any other address is returned as it is: it is no socket, so we follow no engine.
 */
const socketOf = (host: string): string => /^unix:\/\/(.+)$/.exec(host)?.[1] ?? host

function parseListen(text: string): Settings['metricsListen'] {
  if (text === '') return undefined
  const match = /^(\[[\da-f:]+\]|[^:]*):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (!match || port > 65_535)
    throw new InvalidRequestError(
      `METRICS_LISTEN: expected host:port such as "127.0.0.1:9642", or nothing, got "${text}"`,
    )
  return { host: (match[1] as string).replace(/^\[|\]$/g, '') || ANY4, port }
}

function parseInterval(text: string): number {
  try {
    const interval = parseDuration(text) / 1000
    if (interval >= 1000) return interval
  } catch (error) {
    throw new InvalidRequestError(`RECONCILE_INTERVAL: ${messageOf(error)}`)
  }
  throw new InvalidRequestError(`RECONCILE_INTERVAL: expected at least 1s, got "${text}"`)
}
