import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../host.ts'

/** The README's own commands, as it tells people to type them in the checkout. */
export interface Commands {
  /** makes the managed plugin */
  readonly managed: readonly string[]
  /** makes the service of the machine */
  readonly plain: readonly string[]
  /** takes either away, and its state */
  readonly purge: readonly string[]
}

/**
 * Finds the commands in fenced blocks of a README:
 *
 * - `managed`: the first block below the heading `Install`;
 * - `plain`: the first block with `install --plain`;
 * - `purge`: the first line with `build.sh uninstall`, with `--purge` if it has not got that itself.
 *
 * Comments (` # …`) are cut off. How the checkout comes to the machine is left out (`git clone`, `curl`,
 * `tar`, and `cd`).
 *
 * @throws {Error} naming what is not there
 */
export function commandsOf(page: string): Commands {
  const [, ...sections] = `\n${page}`.split(/^## /m)
  const install = sections.find((section) => /^install/i.test(section)) ?? ''
  const blocks = blocksOf(page)
  const managed = blocksOf(install)[0]
  const plain = blocks.find((lines) => lines.some((line) => line.includes('install --plain')))
  const uninstall = blocks.flat().find((line) => line.includes('build.sh uninstall'))
  if (!managed?.length) throw new Error('README.md: no commands below "## Install"')
  if (!plain) throw new Error('README.md: no block with "install --plain"')
  if (!uninstall) throw new Error('README.md: no "build.sh uninstall"')
  const purge = uninstall.includes('--purge') ? uninstall : `${uninstall} --purge`
  return { managed, plain, purge: [purge] }
}

const blocksOf = (text: string): string[][] =>
  [...text.matchAll(/^```.*\n([\s\S]*?)^```$/gm)].map(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      .filter((line) => line !== '' && !/^(git clone|curl|wget|tar|cd)\b/.test(line)),
  )

export const readmeCommands = (): Commands => commandsOf(readFileSync(join(repo, 'README.md'), 'utf8'))
