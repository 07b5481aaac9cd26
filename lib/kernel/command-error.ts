import type { Program } from './command.ts'
import { QDISC_MODULES } from './tc/kinds.ts'

/** Why a program failed, as far as a caller can act on it. */
export type Failure = 'exists' | 'missing' | 'denied' | 'unsupported' | 'other'

/** A program refused a command. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly program: Program
  readonly command: string
  readonly stderr: string
  readonly failure: Failure
  /** Index of the refused line in the batch. */
  readonly index: number

  constructor(program: Program, command: string, stderr: string, index: number) {
    const module = failureOf(stderr) === 'unsupported' ? moduleOf(command) : undefined
    const lack = module === undefined ? '' : `kernel module ${module} is missing: `
    super(`${lack}${program}: cannot ${command.split('\n', 1)[0]}: ${stderr.trim()}`)
    this.program = program
    this.command = command
    this.stderr = stderr
    this.failure = failureOf(stderr)
    this.index = index
  }
}

/**
 * The programs have no error codes, so we match their messages, under LC_ALL=C, here and nowhere else. Seen
 * with iproute2 6.1 to 6.17, nft 1.0.6 and 1.1, iptables 1.8; a kernel test provokes each.
 */
const WORDS: readonly (readonly [Failure, RegExp])[] = [
  ['exists', /File exists|already exists|already assigned|Exclusivity flag on|NLM_F_REPLACE needed/],
  ['missing', /Cannot find device|does not exist|No such file or directory|No such device|Address not found/],
  ['missing', /handle of zero|Cannot find specified|Specified filter handle not found|Invalid handle/],
  ['missing', /Specified class (doesn't|not) (exist|found)|Parent Qdisc doesn't exist/],
  ['missing', /does a matching rule exist|No chain\/target\/match/],
  ['denied', /Operation not permitted|Permission denied|Read-only file system/],
  ['unsupported', /Unknown device type|Specified qdisc (kind is unknown|not found)|Operation not supported/],
  ['unsupported', /Module .* not found/],
]

const failureOf = (stderr: string): Failure => WORDS.find(([, words]) => words.test(stderr))?.[0] ?? 'other'

/**
 * ip's message for a word that it cannot resolve, such as a master that is gone. ip then skips the rest of
 * the batch.
 */
const ABORT = /argument "([^"]*)" is wrong/

/** Whether the batch ended at the failing line, even with -force. */
export const isAbort = (stderr: string): boolean => ABORT.test(stderr)

/**
 * Splits the stderr of `ip -force -batch -` and `tc -force -batch -` by the line that each part concerns.
 *
 * @param lines the batch. The message for a line that ended it has no line number, so we find the line by the
 *   wrong word
 * @returns the index of each failing line, from 0, and its message
 */
export function batchFailures(stderr: string, lines: readonly string[]): { index: number; text: string }[] {
  const failures: { index: number; text: string }[] = []
  let text = ''
  for (const line of stderr.split('\n')) {
    const failed = /^Command failed -:(\d+)$/.exec(line)
    if (failed) {
      failures.push({ index: Number(failed[1]) - 1, text: text.trim() })
      text = ''
    } else text += `${line}\n`
  }
  const word = ABORT.exec(text)?.[1]
  // In our lines only a master can be unresolvable: take the first line with it after the numbered failures.
  const behind = failures.at(-1)?.index ?? -1
  const index = lines.findIndex(
    (line, at) => at > behind && word !== undefined && line.includes(` master ${word}`),
  )
  if (index >= 0) failures.push({ index, text: text.trim() })
  return failures
}

/** The kernel module that a command needs, by a word of its command line. */
const MODULES: Readonly<Record<string, string>> = {
  ...QDISC_MODULES,
  ingress: 'sch_ingress',
  mirred: 'act_mirred',
  u32: 'cls_u32',
  ifb: 'ifb',
  veth: 'veth',
  bridge: 'bridge',
}

const moduleOf = (command: string): string | undefined =>
  command
    .split(/\s+/)
    .map((word) => MODULES[word])
    .findLast((module) => module !== undefined)
