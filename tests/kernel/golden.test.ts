import t from 'tap'
import { ownedElements } from '../../lib/engine/elements.ts'
import { wantedElements } from '../../lib/features/filter/elements.ts'
import { areTables } from '../../lib/features/filter/verify.ts'
import { listTable } from '../../lib/kernel/nft/show.ts'
import { replaceTables } from '../../lib/kernel/nft/table.ts'
import { golden } from '../support/golden.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import { PASSAGES, type Passing } from '../support/passages.ts'

const elementsOf = ({ network, endpoint }: Passing) =>
  wantedElements(ownedElements(network, [endpoint]), ['eth0']).elements

const areSet = async (host: Namespace, elements: ReturnType<typeof elementsOf>): Promise<boolean> =>
  areTables(elements, await listTable(host, 'inet', 'sluice'), await listTable(host, 'bridge', 'sluice'))

for (const [family, passages] of Object.entries(PASSAGES))
  t.test(`the kernel lists the tables of golden/${family}.nft as they were set`, async (t) => {
    using host = await namespaceHost()
    let before: ReturnType<typeof elementsOf> | undefined
    for (const [name, passing] of passages) {
      const elements = elementsOf(passing)
      await host.run('nft', [replaceTables(elements, { alone: true }).line], 'strict')
      t.ok(await areSet(host, elements), name)
      if (before && new Set(before.map((one) => JSON.stringify(one))).size !== elements.length)
        t.notOk(await areSet(host, before), `${name}: and not as those before`)
      before = elements
    }
  })

t.test('the kernel lists the rules of golden/listed.nft', async (t) => {
  using host = await namespaceHost()
  const [passing] = PASSAGES.members?.values().filter(({ network }) => network.passage?.icc === false) ?? []
  t.ok(passing)
  const elements = passing ? elementsOf(passing) : []
  await host.run('nft', [replaceTables(elements, { alone: false }).line], 'strict')
  // In numbers: names depend on /etc/protocols. nft 1.0.6, 1.1.3 and 1.1.7 print the same.
  const listing = `${(await host.sh('nft -nn list ruleset')).trim()}\n`
  t.equal(listing, golden('listed.nft', listing))
})
