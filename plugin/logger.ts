import pino, { type DestinationStream, type Logger } from 'pino'
import type { Settings } from './settings.ts'

/**
 * A line of JSON, with the time as ISO 8601 has it and the level as a word; or, for a person, what
 * pino-pretty makes of it, which is loaded only then.
 *
 * @param destination standard output, unless it is given
 */
export async function createLogger(
  { logLevel, logFormat }: Pick<Settings, 'logLevel' | 'logFormat'>,
  destination?: DestinationStream,
): Promise<Logger> {
  const options = {
    level: logLevel,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  }
  if (logFormat === 'json') return destination ? pino(options, destination) : pino(options)
  const { default: pretty } = await import('pino-pretty')
  const format = { sync: true, ignore: 'pid,hostname' }
  return pino(options, pretty(destination ? { ...format, destination } : format))
}
