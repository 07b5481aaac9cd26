import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../unit/golden')

/**
 * What a text should be, by the file that keeps it. `GOLDEN=write` writes the file instead: read what `git
 * diff` then shows, line by line, before it is kept.
 */
export function golden(name: string, text: string): string {
  const file = join(folder, name)
  if (process.env.GOLDEN === 'write') writeFileSync(file, text)
  return readFileSync(file, 'utf8')
}
