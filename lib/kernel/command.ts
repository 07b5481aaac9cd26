/**
 * Programs that a step may name. `sysctl` writes to /proc/sys and starts no process; the rest are processes;
 * `ip6` is `ip -6`.
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

/**
 * Characters at which `ip -batch` and `tc -batch` split, quote, comment out or continue (batch files, ip(8)).
 */
const UNSAFE = /[\s"'\\#]/

/** Joins the lines of a template. */
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
 * `ip`link set ${device} up`` as data.
 *
 * @throws {RangeError} if an interpolated value is not a single word
 */
export const ip = tag('ip')
/** As `ip`, for tc(8). */
export const tc = tag('tc')
/**
 * As `ip`, for a key below /proc/sys/net: `sysctl`ipv4/ip_forward=1``. With `-` before it, the key may be
 * missing.
 */
export const sysctl = tag('sysctl')

/** nft text contains blanks and braces, so we check values where we build it (nft/element.ts). */
export const nft = (text: string): Command => ({ program: 'nft', line: text })
