import { setTimeout as sleep } from 'node:timers/promises'
import { forgetAnswered, forgetStrays } from '../../kernel/conntrack.ts'
import type { Host } from '../../kernel/host.ts'
import { reflect } from '../../kernel/ip/device.ts'
import type { Element } from '../../kernel/nft/element.ts'
import type { holdPort } from '../../kernel/sockets/hold.ts'
import { type EndpointSpec, endpointWords } from '../../model/endpoint.ts'
import type { NetworkSpec } from '../../model/network.ts'
import type { PortRequest, PublishedPort } from '../../model/port.ts'
import { repairPlan, step } from '../../plan/plan.ts'
import type { NetworkStore } from '../../store/networks.ts'
import { type Background, pause } from '../../values/background.ts'
import { messageOf } from '../../values/errors.ts'
import { type Family, familyOf } from '../../values/families.ts'
import { hostEndName } from '../../values/names.ts'
import { type Claim, planClaims } from './claims.ts'
import { portElements } from './elements.ts'
import { createPorts, type Ports, Refusal } from './ports.ts'

/**
 * ms that a claim waits for a port whose holder may be dead: the kernel takes its time to delete a
 * namespace's links
 */
const PATIENCE = 3000
/** ms between two tries of such a claim */
const GLANCE = 200
/** ms after an engine start during which ports may belong to containers that no longer exist */
const DOUBT = 30_000

/** ms between two tries to hold the ports that a restart could not: a missing address may come back */
const AGAIN = 1000

/** Publishes containers' ports: on the host's addresses, in the store and in the rules. */
export interface Publisher {
  /**
   * Replaces an endpoint's published ports: all of them, or none. The endpoint owns the ports once they are
   * held; their rules follow within milliseconds, before the process that the engine starts next can listen.
   *
   * @throws {InvalidRequestError | CommandError}
   */
  publish(network: NetworkSpec, endpoint: EndpointSpec, requests: readonly PortRequest[]): Promise<void>
  /** Takes the ports back; the next repair finds what this could not remove. @throws {CommandError} */
  withdraw(endpointId: string): Promise<void>
  /** Tells us that an engine has started: containers of the previous one may be dead already, or soon. */
  engineCame(): void
  /**
   * Holds the ports again that were published before this process began, retrying those that it cannot hold.
   */
  restore(): Promise<void>
  /** The ports that we still cannot hold, and why. They stay published. */
  missing(): Promise<string[]>
}

/** The methods of Firewall that publishing needs. */
export interface Rules {
  /**
   * Adds elements that follow from what the store already contains. Once nft is known to work, returns when
   * their turn in the queue comes.
   *
   * @param end called when they are set, or with an error: then the next repair adds them
   * @throws {CommandError}
   */
  putSoon(elements: readonly Element[], end: (error?: unknown) => void): Promise<void>
  /** Removes elements, whether or not they exist. @throws {CommandError | AggregateError} */
  take(elements: readonly Element[]): Promise<void>
}

export interface PublisherParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly firewall: Rules
  readonly hold: typeof holdPort
  readonly background: Background
  /** Receives failures of background work. */
  readonly warn: (text: string) => void
}

export const createPublisher = (parts: PublisherParts): Publisher => new PortPublisher(parts)

class PortPublisher implements Publisher {
  readonly #parts: PublisherParts
  readonly #ports: Ports
  /** by endpoint: the withdrawal under way */
  readonly #leaving = new Map<string, Promise<void>>()
  /** by endpoint: aborts the background work that deletes stray flows */
  readonly #forgetting = new Map<string, AbortController>()
  /** until then, in ms since 1970, holders may be dead without our knowing */
  #doubtful = 0

  constructor(parts: PublisherParts) {
    this.#parts = parts
    this.#ports = createPorts({ ...parts, nameOf: (id) => this.#nameOf(id) })
  }

  async publish(
    network: NetworkSpec,
    endpoint: EndpointSpec,
    requests: readonly PortRequest[],
  ): Promise<void> {
    const { host, store } = this.#parts
    await this.withdraw(endpoint.id)
    // Engine 29 publishes ports on internal networks too, but those have no way in.
    if (network.internal) return
    const published = await this.#claim(endpoint, planClaims(requests, { ...network, ...endpoint }))
    if (published.length === 0) return
    store.publish(endpoint.id, published)
    try {
      // planLink() did not set it: another endpoint was the container's gateway then.
      const hairpin = endpoint.hairpin ? [] : [step(reflect(hostEndName(endpoint.id)))]
      const rules = this.#putRules(network, { ...endpoint, ports: published })
      await Promise.all([repairPlan(hairpin, host), rules])
    } catch (error) {
      await this.withdraw(endpoint.id).catch(() => undefined)
      throw error
    }
  }

  /** A caller that comes during a withdrawal waits for the same one: the ports are free when it ends. */
  withdraw(id: string): Promise<void> {
    const begun = this.#leaving.get(id) ?? this.#takeBack(id).finally(() => this.#leaving.delete(id))
    this.#leaving.set(id, begun)
    return begun
  }

  engineCame(): void {
    this.#doubtful = Date.now() + DOUBT
    this.#parts.background.start('looking for dead holders of ports', async (signal) => {
      for (let [after, waited] = [PATIENCE, 0]; after <= DOUBT; [after, waited] = [after * 2, after]) {
        if (!(await pause(after - waited, signal))) return
        await this.#withdrawDead().catch(() => undefined)
      }
    })
  }

  async restore(): Promise<void> {
    const { store, background } = this.#parts
    await Promise.all(store.endpoints().map(({ spec }) => this.#ports.restore(spec, spec.ports ?? [])))
    if ((await this.#ports.retry()).length === 0) return
    background.start('holding ports again', async (signal) => {
      while ((await pause(AGAIN, signal)) && (await this.#ports.retry()).length > 0);
    })
  }

  missing(): Promise<string[]> {
    return this.#ports.retry()
  }

  #nameOf(endpointId: string): string {
    const { store } = this.#parts
    const endpoint = store.endpoint(endpointId)
    return endpointWords(endpoint && store.network(endpoint.networkId), endpoint)
  }

  #putRules(network: NetworkSpec, endpoint: EndpointSpec): Promise<void> {
    const { firewall, background, warn } = this.#parts
    const { id, ports = [] } = endpoint
    return firewall.putSoon(portElements(network, endpoint), (error) => {
      if (error === undefined) background.start('forgetting flows', () => this.#forgetNew(id, ports))
      else warn(`ports of ${this.#nameOf(id)} are not in the rules yet: ${messageOf(error)}`)
    })
  }

  async #takeBack(endpointId: string): Promise<void> {
    const { store, firewall, background } = this.#parts
    this.#forgetting.get(endpointId)?.abort()
    const endpoint = store.endpoint(endpointId)
    const network = endpoint?.ports && store.network(endpoint.networkId)
    if (!network) return
    store.publish(endpointId, undefined)
    try {
      await firewall.take(portElements(network, endpoint))
    } finally {
      this.#ports.release(endpointId)
      background.start('forgetting flows', () => this.#forgetOld(endpoint))
    }
  }

  /**
   * Withdraws the ports of containers that died when the engine crashed: no call reports them, but the kernel
   * has deleted their links.
   */
  async #withdrawDead(): Promise<void> {
    const devices = new Set((await this.#parts.host.read('/proc/net/dev'))?.match(/[^\s:|]+(?=:)/g))
    // If not even the loopback is listed, the read failed.
    const holders = devices.has('lo') ? this.#ports.holders() : []
    const missing = holders.filter((id) => !devices.has(hostEndName(id)))
    await Promise.all(missing.map((id) => this.#withdrawUnlessThere(id)))
  }

  /** Checks again first: some kernels (6.1) sometimes omit a device from the list while another one goes. */
  async #withdrawUnlessThere(endpointId: string): Promise<void> {
    const path = `/proc/sys/net/ipv4/conf/${hostEndName(endpointId)}/forwarding`
    if ((await this.#parts.host.read(path)) === undefined) await this.withdraw(endpointId)
  }

  /**
   * As ports.claim(), but retries a taken port while its holder may be dead without our knowing, for PATIENCE
   * at most.
   */
  async #claim(endpoint: EndpointSpec, claims: readonly Claim[]): Promise<PublishedPort[]> {
    const end = Math.min(Date.now() + PATIENCE, this.#doubtful)
    for (;;) {
      // Not only if a port is taken: ports of dead holders lead to addresses that other containers may have
      // now.
      await this.#withdrawDead()
      try {
        return await this.#ports.claim(endpoint, claims)
      } catch (error) {
        if (!(error instanceof Refusal) || !error.taken || Date.now() >= end) throw error
        await sleep(GLANCE)
      }
    }
  }

  /** Deletes flows that still go to a container whose ports were withdrawn. */
  async #forgetOld({ ports, address4, address6 }: EndpointSpec): Promise<void> {
    const { host } = this.#parts
    if (udpPorts(ports, 4).size > 0 && address4) await forgetAnswered(host, 4, address4)
    if (udpPorts(ports, 6).size > 0 && address6) await forgetAnswered(host, 6, address6)
  }

  /** Deletes flows that reached the host itself before its ports led to a container. */
  async #forgetNew(endpointId: string, published: readonly PublishedPort[]): Promise<void> {
    const end = new AbortController()
    this.#forgetting.set(endpointId, end)
    for (const family of [4, 6] as const) {
      const ports = udpPorts(published, family)
      if (ports.size > 0 && !end.signal.aborted)
        await forgetStrays(this.#parts.host, family, ports, end.signal)
    }
    if (this.#forgetting.get(endpointId) === end) this.#forgetting.delete(endpointId)
  }
}

/** The host's UDP ports among those published in a family. */
const udpPorts = (ports: readonly PublishedPort[] | undefined = [], family: Family): Set<number> =>
  new Set(
    ports
      .filter(({ proto, host }) => proto === 'udp' && familyOf(host) === family)
      .map(({ hostPort }) => hostPort)
      .filter((port) => port !== 0),
  )
