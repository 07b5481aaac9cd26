import type { Command, Program } from '../../kernel/command.ts'
import type { Host } from '../../kernel/host.ts'
import {
  deleteGate,
  type FilterTable,
  familyFilteredBy,
  filterBackends,
  filterTable,
  insertGate,
  USER_CHAIN,
} from '../../kernel/iptables.ts'
import type { NetworkSpec } from '../../model/network.ts'
import type { Background } from '../../values/background.ts'
import type { Family } from '../../values/families.ts'
import { createQueue } from '../../values/queue.ts'

/**
 * ms between two searches for DOCKER-USER by calls that make endpoints, until one finds it: the engine
 * creates the chain some time after boot
 */
const LOOK_AGAIN = 5000

const familiesOf = ({ ipv4, ipv6 }: NetworkSpec): Family[] => [
  ...(ipv4.length > 0 ? [4 as const] : []),
  ...(ipv6.length > 0 ? [6 as const] : []),
]

/** The gate: one rule in each iptables backend that filters a family which one of our networks has. */
export class Gate {
  readonly #host: Host
  readonly #background: Background
  readonly #networks: () => NetworkSpec[]
  readonly #queue = createQueue()
  /** backends that have DOCKER-USER */
  readonly #found = new Set<Program>()
  /** time of the last search for it, in ms since 1970 */
  #lookedAt = 0
  #opening: Promise<unknown> | undefined

  /** @param networks returns the networks that exist */
  constructor(host: Host, background: Background, networks: () => NetworkSpec[]) {
    this.#host = host
    this.#background = background
    this.#networks = networks
  }

  /** Opens the gate in the background unless it is open. expect() retries a failure. */
  open(network: NetworkSpec): void {
    if (this.#isFound(network)) return
    const opening = this.#openNow().catch(() => undefined)
    this.#background.start('opening the gate', async () => void (await opening))
  }

  /** Waits until the gate is open. @throws {CommandError} */
  async expect(network: NetworkSpec): Promise<void> {
    await this.#opening?.catch(() => undefined)
    if (!this.#isFound(network) && Date.now() - this.#lookedAt >= LOOK_AGAIN) await this.#openNow()
  }

  /** Closes the gate for families whose last network is gone. @throws {CommandError} */
  async close(): Promise<void> {
    const needed = new Set(this.#networks().flatMap(familiesOf))
    if (this.#opening || !this.#familiesFound().isSubsetOf(needed)) await this.#setUsed()
  }

  isRight(): Promise<boolean> {
    return this.#queue('gate', async () => {
      const plans = await Promise.all((await filterBackends(this.#host)).map((one) => this.#planIn(one)))
      return plans.every(({ lines }) => lines.length === 0)
    })
  }

  /** @returns whether anything was wrong @throws {CommandError} */
  async repair(): Promise<boolean> {
    const isChanged = await this.#setWhere(() => true)
    // At boot the engine starts after us, and its containers right after it: the first of them searches
    // again.
    this.#lookedAt = 0
    return isChanged
  }

  /**
   * As repair(), for legacy iptables, which sends no events; reads at most two files where it is not in use.
   */
  repairLegacy(): Promise<boolean> {
    return this.#setWhere((backend) => backend.endsWith('legacy'))
  }

  async #planIn(backend: Program) {
    const wanted = this.#networks().some((network) => familiesOf(network).includes(familyFilteredBy(backend)))
    const table = await filterTable(this.#host, backend)
    return { wanted, table, lines: planGate(backend, table, wanted).map(({ line }) => line) }
  }

  /** @returns whether anything was wrong */
  async #setIn(backend: Program): Promise<boolean> {
    const { wanted, table, lines } = await this.#planIn(backend)
    this.#found.delete(backend)
    await this.#host.run(backend, lines, 'strict')
    if (wanted && table.chains.has(USER_CHAIN)) this.#found.add(backend)
    return lines.length > 0
  }

  #setWhere(concerns: (backend: Program) => boolean): Promise<boolean> {
    return this.#queue('gate', async () => {
      const backends = (await filterBackends(this.#host)).filter(concerns)
      return (await Promise.all(backends.map((one) => this.#setIn(one)))).includes(true)
    })
  }

  /** Skips backends of families that no network has or had. */
  #setUsed(): Promise<boolean> {
    this.#lookedAt = Date.now()
    return this.#setWhere((backend) =>
      this.#familiesFound()
        .union(new Set(this.#networks().flatMap(familiesOf)))
        .has(familyFilteredBy(backend)),
    )
  }

  #openNow(): Promise<unknown> {
    const opening = this.#setUsed()
      .catch((error: unknown) => {
        // The next caller searches again, however soon it comes.
        this.#lookedAt = 0
        throw error
      })
      .finally(() => {
        if (this.#opening === opening) this.#opening = undefined
      })
    this.#opening = opening
    return opening
  }

  #familiesFound(): Set<Family> {
    return new Set([...this.#found].map(familyFilteredBy))
  }

  #isFound(network: NetworkSpec): boolean {
    return new Set(familiesOf(network)).isSubsetOf(this.#familiesFound())
  }
}

/** The place of a rule. */
interface Position {
  readonly chain: string
  /** from 1, counted without gate rules */
  readonly rulenum: number
}

/**
 * Plans the commands that leave the gate in the right place and nowhere else.
 *
 * In DOCKER-USER the gate goes last, but before the RETURN that engines up to 27 end the chain with: rules
 * that the administrator adds there apply to our containers too. The gate goes into FORWARD instead if some
 * packets leave DOCKER-USER early (ufw-docker's rules return private addresses), or if no packet gets there
 * (`iptables -F` deletes Docker's jump as well). There it goes right behind Docker's own rules: packets that
 * these drop stay dropped, and rules behind them apply to us no more than to Docker. Without Docker's rules,
 * FORWARD needs the gate only if its policy is DROP.
 *
 * @param backend such as `iptables-nft`
 * @param wanted false once the last network is gone
 * @see https://docs.docker.com/engine/network/packet-filtering-firewalls/
 */
export function planGate(backend: Program, table: FilterTable, wanted: boolean): Command[] {
  const wantedAt = wanted ? positionOf(table) : undefined
  const present = [...table.chains].flatMap(([chain, rules]) =>
    rules.flatMap((rule, index) => (rule === 'gate' ? [{ chain, rulenum: index + 1 }] : [])),
  )
  const [only] = present
  if (present.length === 1 && only?.chain === wantedAt?.chain && only?.rulenum === wantedAt?.rulenum)
    return []
  const removals = present.map(({ chain }) => deleteGate(backend, chain))
  return wantedAt === undefined
    ? removals
    : [...removals, insertGate(backend, wantedAt.chain, wantedAt.rulenum)]
}

function positionOf({ chains, forwardDrops }: FilterTable): Position | undefined {
  const rulesOf = (chain: string) => (chains.get(chain) ?? []).filter((rule) => rule !== 'gate')
  const [user, forward] = [rulesOf(USER_CHAIN), rulesOf('FORWARD')]
  const end = user.at(-1) === 'return' ? user.length - 1 : user.length
  const isWhole = user.slice(0, end).every((rule) => rule === 'other')
  if (forward.includes('user') && isWhole) return { chain: USER_CHAIN, rulenum: end + 1 }
  const dockers = forward.findLastIndex((rule) => rule === 'user' || rule === 'docker')
  if (dockers === -1 && !forwardDrops) return undefined
  return { chain: 'FORWARD', rulenum: (dockers === -1 ? forward.length : dockers + 1) + 1 }
}
