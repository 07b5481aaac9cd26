import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a test ran on. */
export interface Tested {
  /** such as `Debian 12` */
  readonly system: string
  /** major and minor version of the Docker engine */
  readonly engine: string
  /** empty where the machine has none of its own */
  readonly nft: string
  /** major and minor version */
  readonly kernel: string
  readonly way: 'plugin' | 'service' | 'installed, restarted, removed' | 'virtual machine'
}

/** Where the tiers write down what they ran on, a file each. */
export const testedFolder = new URL('../build/tested', import.meta.url).pathname

const PAGE = new URL('../README.md', import.meta.url)
const [BEGIN, END] = ['<!-- Made by the tests and `npm run docs`. -->', '<!-- End of it. -->']

const tableOf = (page: string): string => page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END))

/**
 * The way as the table says it: only the virtual machine's kernel is known; elsewhere it is that of whoever
 * tests.
 */
const wayOf = ({ way, kernel }: Tested): string =>
  way === 'virtual machine' ? `${way}, kernel ${kernel}` : way

export function isInTable(tested: Tested, page = readFileSync(PAGE, 'utf8')): boolean {
  const row = tableOf(page)
    .split('\n')
    .find((line) => line.startsWith(`| ${tested.system} | ${tested.engine} |`))
  return row?.includes(tested.way) ?? false
}

/** The README's table: a row for each system and engine. */
export function testedTable(all: readonly Tested[]): string {
  const rows = Map.groupBy(
    all.toSorted((a, b) => Number.parseFloat(a.engine) - Number.parseFloat(b.engine)),
    ({ system, engine }) => `| ${system} | ${engine} |`,
  )
  const lines = [...rows].map(([head, same]) => {
    const ways = [...new Set(same.map(wayOf))].toSorted().join('; ')
    return `${head} ${same.find(({ nft }) => nft !== '')?.nft ?? ''} | ${ways} |`
  })
  return ['| system | engine | nft | how |', '|---|---|---|---|', ...lines].join('\n')
}

if (import.meta.main && existsSync(testedFolder)) {
  const all = readdirSync(testedFolder).map(
    (name) => JSON.parse(readFileSync(join(testedFolder, name), 'utf8')) as Tested,
  )
  const page = readFileSync(PAGE, 'utf8')
  writeFileSync(
    PAGE,
    `${page.slice(0, page.indexOf(BEGIN))}${BEGIN}\n\n${testedTable(all)}\n\n${page.slice(page.indexOf(END))}`,
  )
}
