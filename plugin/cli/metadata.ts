import manifest from '../../package.json' with { type: 'json' }
import { SUMMARY } from './help.ts'

/**
 * What Docker's client asks for before it takes a program for one of its commands.
 *
 * @see https://github.com/docker/cli/blob/master/cli-plugins/metadata/metadata.go
 */
export const METADATA = {
  SchemaVersion: '0.1.0',
  Vendor: 'Sluice',
  Version: manifest.version,
  ShortDescription: SUMMARY,
}
