import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { isInTable, type Tested, testedFolder } from '../../docs/write-tested.ts'

/** Runs a program on the machine that the engine runs on. */
type Run = (argv: readonly string[]) => Promise<string>

const number = (text: string): string => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? ''

/**
 * Writes down what a test ran on, for `npm run docs` to make the README's table of it. It fails where the
 * table lacks a release of Debian; what is to become one has another engine every few months.
 *
 * @param way how the product ran there
 */
export async function noteTested(t: Test, run: Run, way: Tested['way']): Promise<void> {
  const release = await run(['cat', '/etc/os-release'])
  const word = (key: string) => new RegExp(`^${key}="?(.*?)"?$`, 'm').exec(release)?.[1]
  const [engine, nft, kernel] = await Promise.all([
    run(['docker', 'version', '--format', '{{.Server.Version}}']),
    // A plugin has its own, and its machine perhaps none.
    run(['nft', '--version']).catch(() => ''),
    run(['uname', '-r']),
  ])
  const tested: Tested = {
    system: `Debian ${word('VERSION_ID') ?? word('VERSION_CODENAME')}`,
    engine: /^\d+\.\d+/.exec(engine)?.[0] ?? engine,
    nft: number(nft),
    kernel: /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel,
    way,
  }
  mkdirSync(testedFolder, { recursive: true })
  const name = [tested.system, tested.engine, way].join('-').replaceAll(/[^\w.]+/g, '-')
  writeFileSync(join(testedFolder, `${name}.json`), JSON.stringify(tested))
  if (word('VERSION_ID') === undefined) return
  const row = `${tested.system}, ${tested.engine}: ${way}`
  t.ok(isInTable(tested), `the README's table has ${row} (npm run docs writes it)`)
}
