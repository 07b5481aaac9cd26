import type { Networks } from '../../lib/engine/networks.ts'
import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import { type Finding, unrepaired } from '../../lib/model/finding.ts'
import type { NameStore } from '../../lib/store/names.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import type { Override, OverrideStore } from '../../lib/store/overrides.ts'
import { messageOf } from '../../lib/values/errors.ts'
import { createQueue } from '../../lib/values/queue.ts'
import { difference } from '../change-log.ts'
import { changeGiven } from '../options/change.ts'
import { isKeptByName, liveOverride, nextOverride } from '../options/override.ts'
import { parseAttachmentOptions } from '../options/parse.ts'

type Change = Readonly<Record<string, string | null>>
type Given = Readonly<Record<string, string>>

/**
 * Changes to attachments, kept by container name so that they also apply to the next container of that name.
 */
export interface Overrides {
  /**
   * Changes an attachment under traffic.
   *
   * @param name its container's; undefined while that is not known
   * @returns whether the change is kept by name or by endpoint, and the attachment's own options before and
   * after
   * @throws {InvalidRequestError | CommandError} nothing has changed
   */
  change(endpointId: string, change: Change, name: string | undefined): Promise<Changed>
  /**
   * Applies to an endpoint the options kept for its container. Never throws: it logs a failure and adds it to
   * `faults`.
   */
  restore(endpointId: string): Promise<void>
  /** The options kept for an endpoint's container; empty if there are none. */
  of(endpoint: Pick<EndpointSpec, 'id' | 'networkId'>): Override
  /** Kept options that could not be applied. */
  faults(): Finding[]
}

export interface Changed {
  readonly keptBy: 'name' | 'endpoint'
  readonly before: Given
  readonly after: Given
}

export interface OverridesParts {
  readonly networks: Networks
  readonly store: NetworkStore
  readonly names: NameStore
  readonly overrides: OverrideStore
  readonly log: { info(fields: object, text: string): void; warn(text: string): void }
}

export const createOverrides = (parts: OverridesParts): Overrides => new NamedOverrides(parts)

class NamedOverrides implements Overrides {
  readonly #parts: OverridesParts
  /** by endpoint: failures to apply kept options */
  readonly #failed = new Map<string, Finding>()
  // A restore must not run between a change and the moment it is stored.
  readonly #queue = createQueue()

  constructor(parts: OverridesParts) {
    this.#parts = parts
  }

  of({ id, networkId }: Pick<EndpointSpec, 'id' | 'networkId'>): Override {
    const name = this.#nameOf(id)
    return name === undefined ? {} : this.#parts.overrides.override(networkId, name)
  }

  change(id: string, change: Change, name: string | undefined): Promise<Changed> {
    return this.#queue(id, async () => {
      const changed = await this.#apply(id, change)
      this.#failed.delete(id)
      return { ...changed, keptBy: this.#keep(id, change, name) ? 'name' : 'endpoint' }
    })
  }

  restore(id: string): Promise<void> {
    return this.#queue(id, async () => {
      const { store } = this.#parts
      const spec = store.endpoint(id)
      if (!spec || !store.isReady(id)) return
      try {
        await this.#give(spec)
        this.#failed.delete(id)
      } catch (error) {
        this.#fail(spec, error)
      }
    })
  }

  faults(): Finding[] {
    for (const id of this.#failed.keys()) if (!this.#parts.store.endpoint(id)) this.#failed.delete(id)
    return [...this.#failed.values()]
  }

  #nameOf(endpointId: string): string | undefined {
    return this.#parts.names.endpoint(endpointId)?.name
  }

  async #apply(endpointId: string, change: Change): Promise<{ before: Given; after: Given }> {
    const { networks } = this.#parts
    const spec = networks.endpoint(endpointId)
    const before = spec.given ?? {}
    const next = parseAttachmentOptions(changeGiven(before, change, 'attachment'))
    await networks.changeEndpoint(endpointId, { ...next, asked: askedOf(spec) })
    return { before, after: next.given }
  }

  /** @returns whether the whole change is kept by name */
  #keep(id: string, change: Change, name: string | undefined): boolean {
    const { store, overrides } = this.#parts
    const spec = store.endpoint(id)
    if (!spec || name === undefined) return false
    const override = overrides.override(spec.networkId, name)
    overrides.keep(spec.networkId, name, nextOverride(override, change, askedOf(spec)))
    return Object.keys(change).every(isKeptByName)
  }

  async #give(spec: EndpointSpec): Promise<void> {
    const { overrides, log } = this.#parts
    const override = this.of(spec)
    const live = liveOverride(override, askedOf(spec))
    if (Object.keys(live).length < Object.keys(override).length)
      overrides.keep(spec.networkId, this.#nameOf(spec.id) ?? '', live)
    if (isIn(live, spec.given ?? {})) return
    const begun = performance.now()
    const { before, after } = await this.#apply(spec.id, live)
    const fields = { network: spec.networkId, endpoint: spec.id, container: this.#nameOf(spec.id) }
    const ms = Math.round(performance.now() - begun)
    log.info(
      { ...fields, ...difference(before, after), ms },
      'changed endpoint to what is kept for its container',
    )
  }

  #fail({ id, networkId: network }: EndpointSpec, error: unknown): void {
    const text = `cannot set what is kept for container ${this.#nameOf(id)}: ${messageOf(error)}`
    if (this.#failed.get(id)?.fault === text) return
    this.#parts.log.warn(text)
    this.#failed.set(id, {
      ...unrepaired(`container ${this.#nameOf(id)}`, text, { network, endpoint: id }),
      feature: 'overrides',
      since: Date.now(),
    })
  }
}

const askedOf = ({ asked, given }: EndpointSpec) => asked ?? given ?? {}

const isIn = (override: Override, given: Given): boolean =>
  Object.entries(override).every(([key, value]) => (given[key] ?? null) === value)
