import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { NetworkSpec } from '../../lib/model/network.ts'
import type { NameStore } from '../../lib/store/names.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import { NotFoundError } from '../../lib/values/errors.ts'
import { nearest } from '../options/hints/nearest.ts'

/** fewest hex digits of an id that we accept: fewer would be a guess */
const LEAST = 4

const isBeginning = (text: string, id: string): boolean => text.length >= LEAST && id.startsWith(text)

interface Places {
  readonly store: NetworkStore
  readonly names: NameStore
}

/**
 * @param text a network's name, if the engine has reported it; its id; or the beginning of its id, if no
 * other network's id begins so
 * @throws {NotFoundError}
 */
export function findNetwork(text: string, { store, names }: Places): NetworkSpec {
  const specs = store.networks().flatMap(({ spec, ready }) => (ready ? [spec] : []))
  const exact = specs.find(({ id }) => id === text)
  if (exact) return exact
  const nameOf = ({ id }: NetworkSpec): string | undefined => names.network(id)?.name
  const named = specs.filter((spec) => nameOf(spec) === text)
  const [found, ...others] = named.length > 0 ? named : specs.filter(({ id }) => isBeginning(text, id))
  if (found && others.length === 0) return found
  if (found)
    throw new NotFoundError(`network ${text} is ambiguous: ${others.length + 1} of Sluice's are called so`)
  const near = nearest(
    text,
    specs.flatMap((spec) => nameOf(spec) ?? []),
  )
  const hint = near === undefined ? 'docker sluice ls shows those that are' : `did you mean "${near}"?`
  throw new NotFoundError(`no network of Sluice's is called "${text}"; ${hint}`)
}

/**
 * @param text an id, or its beginning, if no other endpoint of the network has an id that begins so
 * @throws {NotFoundError}
 */
export function findEndpoint(
  text: string,
  { id: network }: NetworkSpec,
  members: readonly EndpointSpec[],
): EndpointSpec {
  const exact = members.find(({ id }) => id === text)
  if (exact) return exact
  const [begun, ...others] = members.filter(({ id }) => isBeginning(text, id))
  if (begun && others.length === 0) return begun
  throw new NotFoundError(
    begun
      ? `endpoint ${text} is ambiguous: ${others.length + 1} endpoints of network ${network} match`
      : `endpoint ${text} is not one of network ${network}`,
  )
}
