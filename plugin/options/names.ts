import type { NetworkSpec, Passage } from '../../lib/model/network.ts'
import { OptionError } from '../../lib/values/errors.ts'
import type { OptionName } from './table.ts'

/** Docker's option names for properties that lib/ calls by shorter names. */
const DOCKERS = {
  bridge: 'com.docker.network.bridge.name',
  mtu: 'com.docker.network.driver.mtu',
  mode4: 'com.docker.network.bridge.gateway_mode_ipv4',
  mode6: 'com.docker.network.bridge.gateway_mode_ipv6',
} as const satisfies Partial<Record<keyof NetworkSpec | keyof Passage, OptionName>>

/** Renames the option in an error from lib/ to the name that the user passed. */
export const withDockersNames = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    const { [error instanceof OptionError ? error.option : '']: name } = DOCKERS as Record<string, OptionName>
    throw name === undefined ? error : new OptionError(name, (error as OptionError).reason)
  })
