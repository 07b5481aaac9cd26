import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './cleanups.ts'
import { newName } from './leftovers.ts'
import { cleanEnv } from './run.ts'

/**
 * A PATH on which lines of shell come before a program.
 *
 * @param before may end it: `exit 1`
 */
export function wrapped(program: string, before: string): string {
  const folder = mkdtempSync(join(tmpdir(), newName()))
  atExit(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, program)
  writeFileSync(file, wrapper(program, before))
  chmodSync(file, 0o755)
  return `${folder}:${cleanEnv.PATH}`
}

/** The wrapper itself, for a folder that comes before those of the system. */
export const wrapper = (program: string, before: string): string =>
  `#!/bin/sh\n${before}\nPATH=${cleanEnv.PATH} exec ${program} "$@"\n`

/** nft 1.0.9, as Ubuntu 24.04 has it, by what it makes of its input. */
export const PICKY_NFT = `case "$*" in *"-f -"*) [ -S /dev/stdin ] && { echo 'internal:0:0-0: Error: Not a regular file: "/dev/stdin"' >&2; exit 1; } ;; esac`

export const pickyNft = (): string => wrapped('nft', PICKY_NFT)
