import { createHash } from 'node:crypto'

/** A chain of ours. */
export interface Chain {
  readonly name: string
  /** absent on a chain that others jump to */
  readonly hook?: { readonly type: 'filter' | 'nat'; readonly at: string; readonly priority: number }
  /**
   * As nft reads them. Protocols are IANA's numbers: a root file system without /etc/protocols does not know
   * their names.
   */
  readonly rules: readonly string[]
}

/**
 * What stands for a rule in a listing: nft prints rules in other words than it was given, and each version in
 * its own.
 */
const markOf = (rule: string): string => createHash('sha256').update(rule).digest('hex').slice(0, 8)

/** The chain as nft reads it. Each rule's comment is its mark. */
export const chainText = ({ name, hook, rules }: Chain): string =>
  [
    `  chain ${name} {`,
    ...(hook ? [`    type ${hook.type} hook ${hook.at} priority ${hook.priority}; policy accept;`] : []),
    ...rules.map((rule) => `    ${rule} comment "${markOf(rule)}"`),
    '  }',
  ].join('\n')

/** A chain in words that a listing of it comes to as well: its hook and its rules' marks, in order. */
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
