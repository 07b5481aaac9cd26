import { createHash } from 'node:crypto'

/** A chain of ours. */
export interface Chain {
  readonly name: string
  /** absent on a chain that others jump to */
  readonly hook?: { readonly type: 'filter' | 'nat'; readonly at: string; readonly priority: number }
  /**
   * In nft's syntax. Protocols are IANA's numbers, because nft cannot resolve their names without
   * /etc/protocols.
   */
  readonly rules: readonly string[]
}

/**
 * Identifies a rule in a listing: nft prints rules in other words than we passed, and each version in its
 * own.
 */
const markOf = (rule: string): string => createHash('sha256').update(rule).digest('hex').slice(0, 8)

/** The chain in nft's syntax. Each rule's comment is its mark. */
export const chainText = ({ name, hook, rules }: Chain): string =>
  [
    `  chain ${name} {`,
    ...(hook ? [`    type ${hook.type} hook ${hook.at} priority ${hook.priority}; policy accept;`] : []),
    ...rules.map((rule) => `    ${rule} comment "${markOf(rule)}"`),
    '  }',
  ].join('\n')

/**
 * Describes a chain by its hook and its rules' marks, in order. A listing of the chain gives the same words.
 */
export const chainWords = ({ name, hook, rules }: Chain): string =>
  listedWords({
    ...{ name, marks: rules.map(markOf) },
    ...(hook ? { type: hook.type, hook: hook.at, prio: hook.priority, policy: 'accept' } : {}),
  })

/** A chain as nft lists it. */
export interface ListedChain {
  readonly name: string
  readonly type?: string
  readonly hook?: string
  readonly prio?: number
  readonly policy?: string
  /** the rules' comments; undefined for a rule without one */
  readonly marks: readonly (string | undefined)[]
}

export const listedWords = ({ name, type, hook, prio, policy, marks }: ListedChain): string =>
  [name, type, hook, prio, policy, ...marks.map((mark) => mark ?? 'unmarked')]
    .filter((word) => word !== undefined)
    .join(' ')
