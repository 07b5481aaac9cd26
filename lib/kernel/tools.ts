import type { Program } from './command.ts'
import type { CommandError } from './command-error.ts'
import type { Host } from './host.ts'

/** A tool's required version, and how to ask for its version. */
interface Wanted {
  readonly program: Program
  readonly ask: string
  /** finds the version in its output */
  readonly answer: RegExp
  /** the package that contains it, if that has another name */
  readonly from?: string
  readonly oldest: string
}

const IPROUTE2 = { ask: '-V', answer: /iproute2-([\w.]+)/, from: 'iproute2', oldest: '6.1' } as const

/**
 * The programs that we run, each with the oldest version that works. Before iproute2 5.18 tc prints text
 * within the JSON of u32 filters. Before 6.1 it prints the classes that they lead to as invalid JSON, so that
 * we could verify no link (c733722b and 1ff22754 in iproute2). nft 0.9.8 never ends if its input is a named
 * pipe, as in pipes.ts. For iptables and conntrack it is the oldest version that the kernel tests were run
 * with.
 */
const TOOLS = {
  ip: { program: 'ip', ...IPROUTE2 },
  tc: { program: 'tc', ...IPROUTE2 },
  nft: { program: 'nft', ask: '-v', answer: /^nftables v([\d.]+)/, from: 'nftables', oldest: '1.0.2' },
  iptables: { program: 'iptables-nft', ask: '--version', answer: /^iptables v([\d.]+)/, oldest: '1.8.7' },
  conntrack: { program: 'conntrack', ask: '--version', answer: /^conntrack v([\d.]+)/, oldest: '1.4.6' },
} as const satisfies Record<string, Wanted>

export type Tool = keyof typeof TOOLS

/** A tool's version; `unknown` if its output has none, null if the tool is not installed. */
type Version = string | null
export type Tools = Readonly<Record<Tool, Version>>

/** The same as promises: a caller that needs one version does not wait for the others. */
export type AskedTools = Readonly<Record<Tool, Promise<Version>>>

const NAMES = Object.keys(TOOLS) as Tool[]
const each = <T>(make: (tool: Tool) => T) =>
  Object.fromEntries(NAMES.map((tool) => [tool, make(tool)])) as Readonly<Record<Tool, T>>

/** Tools whose versions recovery needs. */
const FIRST: readonly Tool[] = ['tc', 'nft']

/**
 * Asks each tool for its version, with one process each.
 *
 * @param listening until it resolves, we ask only FIRST
 */
export const askTools = (host: Host, listening: Promise<void> = Promise.resolve()): AskedTools =>
  each(async (tool) => {
    if (!FIRST.includes(tool)) await listening
    const { program, ask, answer }: Wanted = TOOLS[tool]
    return host.show(program, [ask]).then(
      (text) => answer.exec(text)?.[1] ?? 'unknown',
      (error: CommandError) => (/ENOENT/.test(error.stderr) ? null : 'unknown'),
    )
  })

/** All versions; never rejects. */
export async function toolVersions(asked: AskedTools): Promise<Tools> {
  const versions = new Map(await Promise.all(NAMES.map(async (tool) => [tool, await asked[tool]] as const)))
  return each((tool) => versions.get(tool) ?? null)
}

/** A text for each tool that is missing or too old. */
export const unfitTools = (tools: Tools): string[] =>
  NAMES.flatMap((tool) => {
    const { program, from = tool, oldest }: Wanted = TOOLS[tool]
    const found = tools[tool]
    if (found !== null && isAtLeast(found, oldest)) return []
    const fault = found === null ? `cannot find ${program}` : `cannot rely on ${program} ${found}`
    return [`${fault}: ${from} ${oldest} or newer is needed`]
  })

/**
 * Compares the numbers between dots. A part that is not a number, such as iproute2's `ss200127` before 5.9,
 * is older than any.
 */
function isAtLeast(version: string, oldest: string): boolean {
  const [found, wanted] = [version, oldest].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (const [index, part] of wanted.entries()) {
    const own = found[index] ?? 0
    if (own !== part) return own > part
  }
  return true
}
