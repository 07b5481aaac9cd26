import t from 'tap'
import { ownedElements } from '../../../../../lib/engine/elements.ts'
import { wantedElements } from '../../../../../lib/features/filter/elements.ts'
import { type Element, elementWords } from '../../../../../lib/kernel/nft/element.ts'
import { endpointWords } from '../../../../../lib/model/endpoint.ts'
import type { PublishedPort } from '../../../../../lib/model/port.ts'
import { endpointSpec, idOf, networkSpec } from '../../../../support/messages.ts'

const port: PublishedPort = { proto: 'tcp', host: '0.0.0.0', hostPort: 8080, port: 80 }

t.test(
  'a key that two endpoints want is the first one’s, and what both say alike is there once',
  async (t) => {
    const network = networkSpec()
    const ports = [port, port]
    const first = endpointSpec({ id: idOf('e1'), address4: '10.9.0.2', ports })
    const second = endpointSpec({ id: idOf('e2'), address4: '10.9.0.3', ports })
    const owned = ownedElements(network, [first, second])
    const { elements, doubles, ownerOf } = wantedElements(owned, ['eth0', 'eth0'])
    const found = elements.filter(({ set }) => set === 'any4')
    t.strictSame(found.map(elementWords), ['6 . 8080 : 10.9.0.2 . 80'])
    t.equal(elements.filter(({ set }) => set === 'outward').length, 1)
    t.equal(ownerOf(found[0] as Element), endpointWords(network, first))
    t.equal(doubles.length, 1)
    t.match(
      doubles[0],
      /^any4 \{ 6 \. 8080 : 10\.9\.0\.3 \. 80 \} of the container .*10\.9\.0\.3 .*: .*10\.9\.0\.2 .* has it$/,
    )
  },
)
