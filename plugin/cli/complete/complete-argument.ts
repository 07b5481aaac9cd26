import type { Options, Profile } from '../../control/schema/components.ts'
import type { Argument } from '../call.ts'
import type { NetworkView } from '../engine/view.ts'

/** Where names come from. */
export interface Sources {
  networks(): Promise<readonly NetworkView[]>
  profiles(): Promise<readonly Profile[]>
  keys(scope: 'network' | 'attachment'): Promise<readonly Candidate[]>
}

export interface Candidate {
  readonly value: string
  readonly meaning?: string
}

/**
 * What an argument may be.
 *
 * @param current what is there of it
 * @param given the arguments before it
 */
export async function completeArgument(
  argument: Exclude<Argument, 'file'>,
  current: string,
  [target = '', ...others]: readonly string[],
  sources: Sources,
): Promise<readonly Candidate[]> {
  switch (argument) {
    case 'network':
      return (await sources.networks()).map(networkCandidate)
    case 'target':
      return targetCandidates(current, await sources.networks())
    case 'key':
      return Object.entries(optionsOf(target, await sources.networks()))
        .filter(([key]) => !others.includes(key))
        .map(([key, value]) => ({ value: key, meaning: `now ${value}` }))
    case 'setting':
      if (current.startsWith('link='))
        return (await sources.profiles()).map(({ name, summary }) => ({
          value: `link=${name}`,
          meaning: summary,
        }))
      return (await sources.keys(target.includes('/') ? 'attachment' : 'network'))
        .filter(({ value }) => !others.some((setting) => setting.startsWith(`${value}=`)))
        .map((key) => ({ ...key, value: `${key.value}=` }))
  }
}

const networkCandidate = ({ name, driver = '' }: NetworkView): Candidate => ({ value: name, meaning: driver })

/**
 * Networks, and the containers of one once no other is meant: those of all would be too many to choose from.
 */
function targetCandidates(current: string, networks: readonly NetworkView[]): readonly Candidate[] {
  const begun = networks.filter(({ name }) => name.startsWith(current) || current.startsWith(`${name}/`))
  const containers = (begun.length === 1 ? begun : []).flatMap(({ name, endpoints }) =>
    endpoints.map((one) => ({ value: `${name}/${one.name}`, meaning: one.addresses.join(', ') })),
  )
  return [...networks.map(networkCandidate), ...containers]
}

/** The options that can be taken back: those of the target itself. */
function optionsOf(target: string, networks: readonly NetworkView[]): Options {
  for (const { name, options, endpoints } of networks) {
    if (name === target) return options
    const endpoint = endpoints.find((one) => `${name}/${one.name}` === target)
    if (endpoint) return endpoint.options
  }
  return {}
}
