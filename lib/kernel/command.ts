/**
 * Programs that a step may name. `sysctl` is a write to /proc/sys, no process; the rest are processes; `ip6`
 * is `ip -6`.
 */
export type Program =
  | 'ip'
  | 'ip6'
  | 'tc'
  | 'nft'
  | 'sysctl'
  | 'conntrack'
  | 'iptables-nft'
  | 'ip6tables-nft'
  | 'iptables-legacy'
  | 'ip6tables-legacy'

/** One line for a program, as its manual page writes it without the program's name. */
export interface Command {
  readonly program: Program
  readonly line: string
}

type Word = string | number

/** What `ip -batch` and `tc -batch` would split, quote, comment out or continue (batch files, ip(8)). */
const UNSAFE = /[\s"'\\#]/

/** A template may be as long as several lines. */
const onOneLine = (literal: string): string => literal.replaceAll(/\s*\n\s*/g, ' ')

const tag =
  (program: Program) =>
  (literals: TemplateStringsArray, ...words: Word[]): Command => {
    const safe = words.map((word) => {
      const text = String(word)
      if (text === '' || UNSAFE.test(text))
        throw new RangeError(`${program}: not one word: ${JSON.stringify(text)}`)
      return text
    })
    return { program, line: String.raw({ raw: literals.map(onOneLine) }, ...safe) }
  }

/**
 * `ip`link set ${device} up`` as data. An interpolation is always inside one word.
 *
 * @throws {RangeError} if it is not
 */
export const ip = tag('ip')
/** As `ip`, for tc(8). */
export const tc = tag('tc')
/**
 * As `ip`, for a key below /proc/sys/net: `sysctl`ipv4/ip_forward=1``; with `-` before it, one that may be
 * missing.
 */
export const sysctl = tag('sysctl')

/** nft text has blanks and braces of its own: values are checked where it is built (nft/element.ts). */
export const nft = (text: string): Command => ({ program: 'nft', line: text })
