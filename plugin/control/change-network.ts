import { changeGiven } from '../options/change.ts'
import { withDockersNames } from '../options/names.ts'
import { parseNetworkOptions } from '../options/parse.ts'
import type { Control } from './route.ts'
import type { Change, Options } from './schema/components.ts'

/**
 * @returns the options as they were written before and after
 * @throws {InvalidRequestError | CommandError} all is as it was before
 */
export const changeNetworkOptions = (
  id: string,
  change: Change,
  { networks, queue }: Pick<Control, 'networks' | 'queue'>,
): Promise<{ readonly before: Options; readonly after: Options }> =>
  queue(id, async () => {
    const before = networks.network(id).given ?? {}
    const { shape } = parseNetworkOptions(changeGiven(before, change, 'network'))
    await withDockersNames(networks.changeNetwork(id, shape))
    return { before, after: shape.given }
  })
