import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '../../lib/model/finding.ts'
import { messageOf } from '../../lib/values/errors.ts'
import type { Heard } from './engine.ts'
import { createReader, type FollowerParts, type Reader } from './reader.ts'

/**
 * Follows the engine in the background to learn the names of networks and containers, which driver calls do
 * not carry. No driver call waits for it, and no container needs it to run.
 */
export interface Follower {
  /** Call it once the plugin listens. */
  start(): void
  /**
   * Call it when an engine has called us, which shows that one runs.
   *
   * @param networkId a network on which something has changed
   */
  nudge(networkId?: string): void
  /**
   * The name of the container that an endpoint belongs to. If it is not known yet, asks the engine and waits
   * for a second at most.
   */
  nameOf(endpointId: string, networkId: string): Promise<string | undefined>
  /** `followed`, or `not followed: ` and the reason. */
  state(): string
  /** Problems that someone should look at. */
  faults(): Finding[]
  stop(): void
}

/** ms that `nameOf` waits at most */
const PATIENCE = 1000

/** The engine is not the one that our networks belong to. */
class ForeignEngineError extends Error {}

export const createFollower = (parts: FollowerParts): Follower => new EventFollower(parts)

class EventFollower implements Follower {
  readonly #parts: FollowerParts
  readonly #reader: Reader
  readonly #stopping = new AbortController()
  readonly #stopped: StoppedEngine
  /** why the engine is not followed; empty while it is */
  #reason = 'it has not answered yet'
  #foreign: { readonly text: string; readonly since: number } | undefined
  /** ms until the next attempt */
  #wait: number
  #wake = () => {}

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#reader = createReader(parts)
    this.#stopped = new StoppedEngine(parts.socketPath)
    this.#wait = this.#waits[0]
  }

  start(): void {
    void this.#follow()
  }

  stop(): void {
    this.#stopping.abort()
  }

  nudge(networkId?: string): void {
    this.#wake()
    if (networkId !== undefined) void this.#reader.look(networkId)
  }

  async nameOf(endpointId: string, networkId: string): Promise<string | undefined> {
    const { names } = this.#parts
    const known = names.endpoint(endpointId)?.name
    if (known !== undefined) return known
    await Promise.race([this.#reader.look(networkId), sleep(PATIENCE)])
    return names.endpoint(endpointId)?.name
  }

  state(): string {
    return this.#reason === '' ? 'followed' : `not followed: ${this.#reason}`
  }

  faults(): Finding[] {
    return this.#foreign ? [foreignFinding(this.#foreign)] : []
  }

  /** ms between two attempts: the least and the most */
  get #waits(): readonly [number, number] {
    return this.#parts.waits ?? [1000, 30_000]
  }

  async #follow(): Promise<void> {
    const [least, most] = this.#waits
    const { signal } = this.#stopping
    const pause = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => {})
    for (; !signal.aborted; this.#wait = Math.min(this.#wait * 2, most)) {
      await this.#session().catch((error: unknown) => this.#failed(error))
      const nudged = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await pause(least)
      await Promise.race([nudged, pause(this.#wait - least)])
    }
  }

  /** One connection, from its start to its end. @throws {Error} always: why it failed or ended */
  async #session(): Promise<void> {
    const { socketPath, connect, log } = this.#parts
    if (!statSync(socketPath, { throwIfNoEntry: false })?.isSocket())
      throw new Error(`${socketPath} is no socket`)
    if (this.#stopped.now()) throw new Error('the engine is stopped')
    const engine = await connect(socketPath)
    // Subscribes first, so that it misses nothing that happens while it reads the lists.
    const events = await engine.events(this.#stopping.signal)
    const [id, networks, containers] = await Promise.all([
      engine.id(),
      engine.networks(),
      engine.containers(),
    ])
    checkIdentity(id, networks, this.#parts)
    await this.#reader.begin(engine, networks, containers)
    this.#stopped.seenRunning()
    this.#reason = ''
    this.#foreign = undefined
    this.#wait = this.#waits[0]
    log.info(`following the engine at ${socketPath}`)
    for await (const heard of events) this.#hear(heard)
    throw new Error('the engine has ended the connection')
  }

  #hear(heard: Heard): void {
    if (heard.kind === 'rename') this.#reader.renamed(heard.container, heard.name)
    else if (heard.kind === 'connect') void this.#reader.look(heard.network)
    else this.#parts.names.networkIs(heard.network, heard.kind === 'create' ? heard.name : undefined)
  }

  #failed(error: unknown): void {
    this.#reader.end()
    const text = messageOf(error)
    const isForeign = error instanceof ForeignEngineError
    this.#foreign = isForeign ? { text, since: this.#foreign?.since ?? Date.now() } : undefined
    if (text !== this.#reason && !this.#stopping.signal.aborted)
      this.#parts.log[isForeign ? 'warn' : 'info'](`not following the engine: ${text}`)
    this.#reason = text
  }
}

const foreignFinding = ({ text, since }: { text: string; since: number }): Finding => ({
  feature: 'follower',
  object: 'engine',
  fault: `the engine is not followed: ${text}`,
  severity: 'warning',
  repaired: false,
  since,
})

/**
 * Checks that the engine is the one that our networks belong to: we would mistake another engine's names for
 * theirs. An engine that knows one of our networks is the right one, whatever its id.
 *
 * @param networks the engine's, names by id
 * @throws {ForeignEngineError}
 */
function checkIdentity(
  id: string,
  networks: ReadonlyMap<string, string>,
  { store, names }: FollowerParts,
): void {
  const kept = names.engine()
  if (kept === id) return
  const ours = store.networks().filter(({ ready }) => ready)
  if (ours.length > 0 && !ours.some(({ spec }) => networks.has(spec.id)))
    throw new ForeignEngineError(
      `${id} is not the engine ${kept ?? ''} that the networks here are of, and knows none of them; nothing is taken from it`,
    )
  names.keepEngine(id)
}

/**
 * Recognises a stopped engine by its pid file, which lies next to its socket. systemd may own the socket:
 * then connecting to it would start the engine that someone has just stopped.
 */
class StoppedEngine {
  readonly #file: string
  #hasFile = false

  constructor(socketPath: string) {
    this.#file = socketPath.replace(/\.sock$/, '.pid')
  }

  now(): boolean {
    return this.#hasFile && !existsSync(this.#file)
  }

  seenRunning(): void {
    this.#hasFile = existsSync(this.#file)
  }
}
