import pino, { type DestinationStream, type Logger } from 'pino'
import type { Settings } from './settings.ts'

/**
 * Logs lines of JSON, with an ISO 8601 time and the level as a word. For people it formats them with
 * pino-pretty, which is loaded only then.
 *
 * @param destination standard output by default
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
