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
/** ms between two looks meanwhile */
const GLANCE = 200
/** ms for which holders may be dead after an engine began */
const DOUBT = 30_000

/** ms between two tries to hold what a restart could not: an address may come back */
const AGAIN = 1000

/** Publishes containers' ports: on the host's addresses, in the store and in the rules. */
export interface Publisher {
  /**
   * Publishes an endpoint's ports in place of those that it has, all or none. Once they are held they are its
   * own; their rules follow within milliseconds, before what the engine starts next can listen.
   *
   * @throws {InvalidRequestError | CommandError}
   */
  publish(network: NetworkSpec, endpoint: EndpointSpec, requests: readonly PortRequest[]): Promise<void>
  /** Takes them back; what cannot be is found by the next repair. @throws {CommandError} */
  withdraw(endpointId: string): Promise<void>
  /** An engine has begun: what the last one's containers had may be nobody's now, or in a moment. */
  engineCame(): void
  /** Holds the host's ports again that were published before this process began, as soon as each can be. */
  restore(): Promise<void>
  /** Those that still cannot be held, and why. They stay published. */
  missing(): Promise<string[]>
}

/** What publishing needs of our nftables rules. */
export interface Rules {
  /**
   * Adds elements that the store is the reason for already. Returns once it is their turn, if nft is known to
   * work.
   *
   * @param end called once they are there, or with what went wrong: then it is left to the next repair
   * @throws {CommandError}
   */
  putSoon(elements: readonly Element[], end: (error?: unknown) => void): Promise<void>
  /** Removes elements, whether or not they are there. @throws {CommandError | AggregateError} */
  take(elements: readonly Element[]): Promise<void>
}

export interface PublisherParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly firewall: Rules
  readonly hold: typeof holdPort
  readonly background: Background
  /** Told what went wrong beside a call. */
  readonly warn: (text: string) => void
}

export const createPublisher = (parts: PublisherParts): Publisher => new PortPublisher(parts)

class PortPublisher implements Publisher {
  readonly #parts: PublisherParts
  readonly #ports: Ports
  /** by endpoint: what takes its ports back */
  readonly #leaving = new Map<string, Promise<void>>()
  /** by endpoint: ends what is done about its flows in background */
  readonly #forgetting = new Map<string, AbortController>()
  /** ms since 1970 until which holders may be dead without a sign */
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
    // Engine 29 asks for it there too; a network without a way in has nothing to publish.
    if (network.internal) return
    const published = await this.#claim(endpoint, planClaims(requests, { ...network, ...endpoint }))
    if (published.length === 0) return
    store.publish(endpoint.id, published)
    try {
      // Not asked for when the endpoint was made: another one was the container's gateway then.
      const hairpin = endpoint.hairpin ? [] : [step(reflect(hostEndName(endpoint.id)))]
      const rules = this.#putRules(network, { ...endpoint, ports: published })
      await Promise.all([repairPlan(hairpin, host), rules])
    } catch (error) {
      await this.withdraw(endpoint.id).catch(() => undefined)
      throw error
    }
  }

  /** Whoever comes while it is under way waits for the same end: the ports are free then. */
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
   * Nobody tells us of containers that are gone with a crash of the engine. The kernel has deleted their
   * links.
   */
  async #withdrawDead(): Promise<void> {
    const devices = new Set((await this.#parts.host.read('/proc/net/dev'))?.match(/[^\s:|]+(?=:)/g))
    // Where there is not even a loopback, nothing was read.
    const holders = devices.has('lo') ? this.#ports.holders() : []
    const missing = holders.filter((id) => !devices.has(hostEndName(id)))
    await Promise.all(missing.map((id) => this.#withdrawUnlessThere(id)))
  }

  /** Some kernels (6.1) leave a device out of their list at times, while another one goes. */
  async #withdrawUnlessThere(endpointId: string): Promise<void> {
    const path = `/proc/sys/net/ipv4/conf/${hostEndName(endpointId)}/forwarding`
    if ((await this.#parts.host.read(path)) === undefined) await this.withdraw(endpointId)
  }

  /** As ports.claim(); patient with holders that may be dead, for as long as that takes to show. */
  async #claim(endpoint: EndpointSpec, claims: readonly Claim[]): Promise<PublishedPort[]> {
    const end = Math.min(Date.now() + PATIENCE, this.#doubtful)
    for (;;) {
      // Not only where a port is taken: theirs lead to addresses that others may have by now.
      await this.#withdrawDead()
      try {
        return await this.#ports.claim(endpoint, claims)
      } catch (error) {
        if (!(error instanceof Refusal) || !error.taken || Date.now() >= end) throw error
        await sleep(GLANCE)
      }
    }
  }

  /** Deletes flows that still go to a container which has no ports any more. */
  async #forgetOld({ ports, address4, address6 }: EndpointSpec): Promise<void> {
    const { host } = this.#parts
    if (udpPorts(ports, 4).size > 0 && address4) await forgetAnswered(host, 4, address4)
    if (udpPorts(ports, 6).size > 0 && address6) await forgetAnswered(host, 6, address6)
  }

  /** Deletes flows that came to the host's own ports before they led to a container. */
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

/** UDP's among a family's published ports of the host. */
const udpPorts = (ports: readonly PublishedPort[] | undefined = [], family: Family): Set<number> =>
  new Set(
    ports
      .filter(({ proto, host }) => proto === 'udp' && familyOf(host) === family)
      .map(({ hostPort }) => hostPort)
      .filter((port) => port !== 0),
  )
