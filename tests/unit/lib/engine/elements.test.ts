import t from 'tap'
import { ownedElements } from '../../../../lib/engine/elements.ts'
import { wantedElements } from '../../../../lib/features/filter/elements.ts'
import { addElements, type Element } from '../../../../lib/kernel/nft/element.ts'
import { createTables } from '../../../../lib/kernel/nft/table.ts'
import type { GatewayMode, NetworkSpec } from '../../../../lib/model/network.ts'
import { golden } from '../../../support/golden.ts'
import { IPV6_SUBNET, networkSpec } from '../../../support/messages.ts'
import { PASSAGES, type Passing } from '../../../support/passages.ts'

const elementsOf = ({ network, endpoint }: Passing): readonly Element[] =>
  wantedElements(ownedElements(network, [endpoint]), []).elements

const alone: Element = { set: 'alone', key: [{ device: 'sv-1' }] }
/** The tables alone: all that follows is elements. */
const tables = (elements: readonly Element[]): string =>
  createTables(elements)
    .line.split('\n')
    .filter((line) => !line.startsWith('add element '))
    .join('\n')

t.test('the tables are those of golden/tables.nft', async (t) => {
  const text = `${tables([alone])}\n`
  t.equal(text, golden('tables.nft', text))
  t.ok(text.startsWith(tables([])), 'that of family bridge comes last, where it is needed')
})

for (const [family, passages] of Object.entries(PASSAGES))
  t.test(`what a network has in the tables is that of golden/${family}.nft`, async (t) => {
    const blocks = [...passages].map(([name, passing]) => {
      const elements = elementsOf(passing)
      const lines = addElements(elements).line
      t.equal(createTables(elements).line, `${tables(elements)}\n${lines}`, 'complete with the tables')
      return `# ${name}\n${lines}\n`
    })
    const text = blocks.join('\n')
    t.equal(text, golden(`${family}.nft`, text))
  })

const MODES: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated']
const BOTH = [true, false]

/** All of them at once, 1024 combinations. */
const everything: Partial<NetworkSpec>[] = BOTH.flatMap((internal) =>
  BOTH.flatMap((masquerade) =>
    [{}, { icc: false as const }].flatMap((icc) =>
      [{}, { trusted: ['eth0'] }].flatMap((trusted) =>
        [{}, { source4: '192.0.2.1' }].flatMap((source4) =>
          [{}, { source6: 'fd00::1' }].flatMap((source6) =>
            MODES.flatMap((mode4) =>
              MODES.map((mode6) => ({
                ...{ internal, masquerade },
                passage: { ...icc, ...trusted, ...source4, ...source6, mode4, mode6 },
              })),
            ),
          ),
        ),
      ),
    ),
  ),
)

const linesOf = (change: Partial<NetworkSpec>): Set<string> => {
  const network = networkSpec(change)
  return new Set(addElements(wantedElements(ownedElements(network, []), []).elements).line.split('\n'))
}

t.test('what the options of IPv4 come to does not depend on those of IPv6, nor the other way', async (t) => {
  t.equal(everything.length, 1024)
  for (const spec of everything) {
    const both = linesOf({ ...spec, ipv6: [IPV6_SUBNET] })
    const parts = linesOf(spec).union(linesOf({ ...spec, ipv4: [], ipv6: [IPV6_SUBNET] }))
    if (both.symmetricDifference(parts).size > 0) t.fail(JSON.stringify(spec))
  }
})
