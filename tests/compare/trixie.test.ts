import t from 'tap'
import { compares } from '../support/compare.ts'

t.setTimeout(600_000)

t.test('trixie: the product behaves as Docker’s bridge driver, or as is written down', (t) =>
  compares(t, 'trixie'),
)
