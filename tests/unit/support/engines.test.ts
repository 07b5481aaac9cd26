import t from 'tap'
import { knownAs } from '../../support/engine.ts'

t.test('an engine is held against the newest that is written down and no newer than itself', async (t) => {
  for (const [version, known] of [
    ['20.10.24', '20.10'],
    ['26.1.5', '26.1'],
    ['26.10.0', '26.1'],
    ['27.5.1', '26.1'],
    ['28.5.2', '28.5'],
    ['29.1.3', '28.5'],
    ['19.3.1', '20.10'],
  ] as const)
    t.equal(knownAs(version), known, version)
})
