import type { Test } from 'tap'
import { writtenDifferences } from './compare/differences.ts'
import { groups } from './compare/groups.ts'
import { fault, strangers, table } from './compare/judge.ts'
import { observeAll } from './compare/observe.ts'
import { startEngine } from './engine.ts'
import type { Release } from './roots.ts'

/**
 * Compares the product with Docker's own driver on an engine: one assertion a behaviour, and the table of
 * both.
 */
export async function compares(t: Test, release: Release): Promise<void> {
  const differences = writtenDifferences()
  const engine = await startEngine({ release })
  const { version } = engine
  t.teardown(() => engine.stop())
  await engine.importImages()
  await engine.importImage('socat')
  const plain = await engine.startPlain()
  const only = process.env.COMPARE_ONLY?.split(',')
  const chosen =
    only === undefined ? groups : groups.filter(({ name }) => only.some((word) => name.includes(word)))
  const note = (group: string, ms: number) => t.comment(`${group}: ${(ms / 1000).toFixed(1)} s`)
  const seen = await observeAll(engine, ['bridge', 'sluice'], chosen, note)

  for (const one of seen) {
    const what = fault(one, version, differences)
    // In the name, where a list of what failed has it too.
    t.equal(what, undefined, `${one.group}: ${one.name}${what ? `: ${what}` : ''}`)
  }
  t.comment(`${version}: bridge, sluice\n${table(seen)}`)
  if (!t.passing()) t.comment(plain.log().split('\n').slice(-60).join('\n'))
  if (only !== undefined) {
    t.fail(`only the groups ${only} were compared`)
    return
  }
  t.strictSame(
    strangers(seen, version, differences),
    [],
    'every difference is of a behaviour that was observed',
  )
  t.ok(seen.length >= 360, `${seen.length} behaviours`)
}
