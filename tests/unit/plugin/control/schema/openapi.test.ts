import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openServer } from '../../../fixtures/parts.ts'

const GOLDEN = join(import.meta.dirname, '../../../fixtures/control/openapi.json')

t.test(
  'the description is the one that is on record: whoever changes the interface changes that too',
  async (t) => {
    const { server } = await openServer(t)
    const answer = await server.inject({ method: 'GET', url: '/v1/openapi.json' })
    t.strictSame(answer.json(), JSON.parse(readFileSync(GOLDEN, 'utf8')))
  },
)
