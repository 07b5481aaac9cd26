import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { createNetwork, prove, type Scenario, startContainer } from '../support/lab.ts'
import type { Plain } from '../support/plain.ts'

t.setTimeout(240_000)

/** Each takes away some of what the product made, as a careless administrator or another program might. */
const vandalism = {
  'the nftables table': 'nft list tables | grep sluice | while read -r table; do nft delete $table; done',
  // Docker's own last rule of the chain is Docker's to keep.
  'the rules in DOCKER-USER': 'iptables -F DOCKER-USER; iptables -A DOCKER-USER -j RETURN',
  'every root qdisc': `tc qdisc show | awk '$2 != "noqueue" && $6 == "root" { print $5 }' | while read -r link; do
    tc qdisc del dev "$link" root
  done`,
}

/** A link that is made anew comes last in a listing. */
const unordered = (snapshot: string): string => snapshot.split('\n').toSorted().join('\n')

const repairs = (plain: Plain): Scenario[] =>
  Object.entries(vandalism).map(([what, command]) => [
    `${what}, taken away by somebody while the plugin is gone: there again once it is back`,
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate=20mbit')
      for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web')
      const before = await lab.engine.snapshot()
      await plain.kill('SIGTERM')
      await lab.engine.enter(['sh', '-c', command])
      t.not(await lab.engine.snapshot(), before, 'it is gone')
      await plain.restart()
      t.equal(unordered(await lab.engine.snapshot()), unordered(before))
    },
  ])

t.test('bookworm with the product as a plain process', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const plain = await engine.startPlain()
  await prove(t, { engine, driver: 'sluice', log: plain.log }, repairs(plain))
})
