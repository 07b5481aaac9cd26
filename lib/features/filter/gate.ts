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
 * ms after which an endpoint's making looks for DOCKER-USER again, while none was found: the engine makes it
 * some time after boot
 */
const LOOK_AGAIN = 5000

const familiesOf = ({ ipv4, ipv6 }: NetworkSpec): Family[] => [
  ...(ipv4.length > 0 ? [4 as const] : []),
  ...(ipv6.length > 0 ? [6 as const] : []),
]

/** The gate: one rule in each iptables that Docker filters a family with which a network of ours has. */
export class Gate {
  readonly #host: Host
  readonly #background: Background
  readonly #networks: () => NetworkSpec[]
  readonly #queue = createQueue()
  /** where DOCKER-USER was found */
  readonly #found = new Set<Program>()
  /** ms since 1970, when it was looked for last */
  #lookedAt = 0
  #opening: Promise<unknown> | undefined

  /** @param networks those that there are */
  constructor(host: Host, background: Background, networks: () => NetworkSpec[]) {
    this.#host = host
    this.#background = background
    this.#networks = networks
  }

  /** Opens it in background where that is still to do. What goes wrong, expect() meets again. */
  open(network: NetworkSpec): void {
    if (this.#isFound(network)) return
    const opening = this.#openNow().catch(() => undefined)
    this.#background.start('opening the gate', async () => void (await opening))
  }

  /** Waits for it to be open. @throws {CommandError} */
  async expect(network: NetworkSpec): Promise<void> {
    await this.#opening?.catch(() => undefined)
    if (!this.#isFound(network) && Date.now() - this.#lookedAt >= LOOK_AGAIN) await this.#openNow()
  }

  /** Closes it for families that the last network is gone of. @throws {CommandError} */
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
    // At boot the engine comes after us, and its containers right after it: the first of them looks again.
    this.#lookedAt = 0
    return isChanged
  }

  /** The same where no events tell of changes; reads no more than two files where there is no such filter. */
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

  /** Not those of families that no network has, and none had. */
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
        // Whoever comes next looks again, however soon.
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

/** Where a rule goes. */
interface Position {
  readonly chain: string
  /** from 1, once no gate is there any more */
  readonly rulenum: number
}

/**
 * What it takes for the gate to stand where it should, and nowhere else.
 *
 * In DOCKER-USER it goes last, before the RETURN that engines up to 27 end it with: whatever the
 * administrator refuses there is refused to our containers as well. Where some never come to the end of that
 * chain (ufw-docker's rules send private addresses back early), or nothing comes there at all (`iptables -F`
 * takes Docker's jump along), it goes into FORWARD, right behind Docker's own rules: what these refuse stays
 * refused, and what others have behind them holds for us no more than for Docker. Without Docker's rules
 * FORWARD needs it only if its policy is DROP.
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
