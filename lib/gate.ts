import type { Program } from './kernel/command.ts'
import type { Host } from './kernel/host.ts'
import { filterBackends, filterTable } from './kernel/observe.ts'
import { planGate, USER_CHAIN } from './plan/firewall.ts'
import type { NetworkSpec } from './plan/network.ts'
import { createQueue } from './queue.ts'

/** ms after which an endpoint's making looks for the gate again, while none was found */
const GATE_PATIENCE = 5000

type Family = 4 | 6
const familyOf = (backend: Program): Family => (backend.startsWith('ip6') ? 6 : 4)
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
  /** families whose DOCKER-USER was found, and when it was looked for last */
  const found = new Set<Family>()
  let looked = 0
  let opening: Promise<unknown> | undefined

  const setIn = async (backend: Program): Promise<boolean> => {
    const family = familyOf(backend)
    const wanted = current().some((network) => familiesOf(network).includes(family))
    const table = await filterTable(host, backend)
    const lines = planGate(backend, table, wanted).map(({ line }) => line)
    found.delete(family)
    await host.run(backend, lines, 'strict')
    if (wanted && table.chains.has(USER_CHAIN)) found.add(family)
    return lines.length > 0
  }

  /** @param every also families that no network has, and none had */
  const setAll = (every: boolean): Promise<boolean> =>
    queue('gate', async () => {
      looked = Date.now()
      const families = new Set([...found, ...current().flatMap(familiesOf)])
      const backends = (await filterBackends(host)).filter(
        (backend) => every || families.has(familyOf(backend)),
      )
      return (await Promise.all(backends.map(setIn))).includes(true)
    })

  const open = (): Promise<unknown> => {
    const begun = setAll(false)
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

  const isFound = (network: NetworkSpec): boolean => familiesOf(network).every((family) => found.has(family))

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
      if (opening || [...found].some((family) => !needed.has(family))) await setAll(false)
    },
    check: async (): Promise<boolean> => {
      const changed = await setAll(true)
      // At boot the engine comes after us, and its containers right after it: the first of them looks again.
      looked = 0
      return changed
    },
  }
}
