import type { Program } from '../../kernel/command.ts'
import type { Host } from '../../kernel/host.ts'
import { familyFilteredBy, filterBackends, filterTable, USER_CHAIN } from '../../kernel/iptables.ts'
import type { NetworkSpec } from '../../model/network.ts'
import type { Family } from '../../values/families.ts'
import { createQueue } from '../../values/queue.ts'
import { planGate } from './elements.ts'

/** ms after which an endpoint's making looks for the gate again, while none was found */
const GATE_PATIENCE = 5000

const familiesOf = ({ ipv4, ipv6 }: NetworkSpec): Family[] => [
  ...(ipv4.length > 0 ? [4 as const] : []),
  ...(ipv6.length > 0 ? [6 as const] : []),
]

/**
 * The gate: one rule in each iptables that Docker filters a family with which a network of ours has.
 *
 * @param current the networks that there are
 */
export function createGate(host: Host, current: () => NetworkSpec[]) {
  const queue = createQueue()
  /** where DOCKER-USER was found, and when it was looked for last */
  const found = new Set<Program>()
  let looked = 0
  let opening: Promise<unknown> | undefined

  const look = async (backend: Program) => {
    const wanted = current().some((network) => familiesOf(network).includes(familyFilteredBy(backend)))
    const table = await filterTable(host, backend)
    return { wanted, table, lines: planGate(backend, table, wanted).map(({ line }) => line) }
  }

  const setIn = async (backend: Program): Promise<boolean> => {
    const { wanted, table, lines } = await look(backend)
    found.delete(backend)
    await host.run(backend, lines, 'strict')
    if (wanted && table.chains.has(USER_CHAIN)) found.add(backend)
    return lines.length > 0
  }

  const setWhere = (concerns: (backend: Program) => boolean): Promise<boolean> =>
    queue('gate', async () => {
      const backends = (await filterBackends(host)).filter(concerns)
      return (await Promise.all(backends.map(setIn))).includes(true)
    })

  const familiesFound = (): Set<Family> => new Set([...found].map(familyFilteredBy))

  /** Not those of families that no network has, and none had. */
  const setUsed = (): Promise<boolean> => {
    looked = Date.now()
    return setWhere((backend) =>
      familiesFound()
        .union(new Set(current().flatMap(familiesOf)))
        .has(familyFilteredBy(backend)),
    )
  }

  const open = (): Promise<unknown> => {
    const begun = setUsed()
      .catch((error: unknown) => {
        // Whoever comes next looks again, however soon.
        looked = 0
        throw error
      })
      .finally(() => {
        if (opening === begun) opening = undefined
      })
    opening = begun
    return begun
  }

  const isFound = (network: NetworkSpec): boolean => new Set(familiesOf(network)).isSubsetOf(familiesFound())

  return {
    /** Opens it in the background where that is still to do; what goes wrong, expect() meets again. */
    begin: (network: NetworkSpec): void => {
      if (!isFound(network)) open().catch(() => undefined)
    },
    expect: async (network: NetworkSpec): Promise<void> => {
      await opening?.catch(() => undefined)
      if (!isFound(network) && Date.now() - looked >= GATE_PATIENCE) await open()
    },
    /** Closes it for families that the last network is gone of. */
    set: async (): Promise<void> => {
      const needed = new Set(current().flatMap(familiesOf))
      if (opening || !familiesFound().isSubsetOf(needed)) await setUsed()
    },
    isRight: (): Promise<boolean> =>
      queue('gate', async () => {
        const seen = await Promise.all((await filterBackends(host)).map(look))
        return seen.every(({ lines }) => lines.length === 0)
      }),
    check: async (): Promise<boolean> => {
      const changed = await setWhere(() => true)
      // At boot the engine comes after us, and its containers right after it: the first of them looks again.
      looked = 0
      return changed
    },
    /** Looks where nobody tells of changes; nothing more than two files where there is no such filter. */
    checkLegacy: (): Promise<boolean> => setWhere((backend) => backend.endsWith('legacy')),
  }
}
