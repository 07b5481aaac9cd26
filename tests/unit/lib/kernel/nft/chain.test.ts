import t from 'tap'
import { type Chain, chainText, chainWords, listedWords } from '../../../../../lib/kernel/nft/chain.ts'

const chain: Chain = {
  name: 'guard',
  hook: { type: 'filter', at: 'prerouting', priority: -300 },
  rules: ['iifname "a" drop', 'accept'],
}
const marks = chainText(chain)
  .split('\n')
  .flatMap((line) => /comment "(\w+)"$/.exec(line)?.[1] ?? [])
const listed = {
  ...{ name: 'guard', type: 'filter', hook: 'prerouting', prio: -300, policy: 'accept' },
  marks,
}

t.test('a chain that is listed as it was set has the same words', async (t) => {
  t.equal(marks.length, 2)
  t.equal(listedWords(listed), chainWords(chain))
  t.equal(listedWords({ name: 'back', marks: [] }), chainWords({ name: 'back', rules: [] }))
})

const others: Record<string, Partial<typeof listed> | { readonly marks: readonly (string | undefined)[] }> = {
  'a rule fewer': { marks: marks.slice(1) },
  'a rule more': { marks: [...marks, undefined] },
  'its rules in another order': { marks: marks.toReversed() },
  'a rule in place of one of ours': { marks: [marks[0], undefined] },
  'another policy': { policy: 'drop' },
  'another priority': { prio: 0 },
  'another hook': { hook: 'input' },
}

for (const [what, change] of Object.entries(others))
  t.test(`a chain with ${what} has other words`, async (t) => {
    t.not(listedWords({ ...listed, ...change }), chainWords(chain))
  })
