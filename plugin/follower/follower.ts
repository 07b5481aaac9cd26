import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '../../lib/model/finding.ts'
import { messageOf } from '../../lib/values/errors.ts'
import type { Heard } from './engine.ts'
import type { FollowerParts } from './reader.ts'
import { createReader } from './reader.ts'

/**
 * Follows the engine in the background, for the names of networks and containers, which no driver call has. No driver call
 * waits for it, and nothing that a container needs to run depends on it.
 */
export interface Follower {
  /** To be called once the plugin listens. */
  start(): void
  /** An engine has called us, so there is one. @param networkId a network on which something has changed */
  nudge(networkId?: string): void
  /** The name of the container that an endpoint belongs to. One that is not known yet is asked for, for a second at most. */
  nameOf(endpointId: string, networkId: string): Promise<string | undefined>
  /** `followed`, or `not followed: ` and why. */
  state(): string
  /** What somebody should look at. */
  faults(): Finding[]
  stop(): void
}

/** ms that `nameOf` waits */
const PATIENCE = 1000

/** The engine is not the one that our networks are of. */
class ForeignEngineError extends Error {}

export function createFollower(parts: FollowerParts): Follower {
  const { socketPath, names, log, waits: [least, most] = [1000, 30_000] } = parts
  const stopping = new AbortController()
  const { signal } = stopping
  const reader = createReader(parts)
  let reason = 'it has not answered yet'
  let foreign: { readonly text: string; readonly since: number } | undefined
  let wait = least
  let wake = () => {}
  const stopped = stoppedEngine(socketPath)

  /** From one connection to the end of it. */
  const session = async (): Promise<void> => {
    if (!statSync(socketPath, { throwIfNoEntry: false })?.isSocket())
      throw new Error(`${socketPath} is no socket`)
    if (stopped.now()) throw new Error('the engine is stopped')
    const engine = await parts.connect(socketPath)
    // First of all, so that nothing is missed that happens while lists are read.
    const events = await engine.events(signal)
    const [id, networks, containers] = await Promise.all([
      engine.id(),
      engine.networks(),
      engine.containers(),
    ])
    checkIdentity(id, networks, parts)
    await reader.begin(engine, networks, containers)
    stopped.seenRunning()
    reason = ''
    foreign = undefined
    wait = least
    log.info(`following the engine at ${socketPath}`)
    for await (const heard of events) hear(heard)
    throw new Error('the engine has ended the connection')
  }

  const hear = (heard: Heard): void => {
    if (heard.kind === 'rename') reader.renamed(heard.container, heard.name)
    else if (heard.kind === 'connect') void reader.look(heard.network)
    else names.networkIs(heard.network, heard.kind === 'create' ? heard.name : undefined)
  }

  const failed = (error: unknown): void => {
    reader.end()
    const text = messageOf(error)
    foreign = error instanceof ForeignEngineError ? { text, since: foreign?.since ?? Date.now() } : undefined
    if (text !== reason && !signal.aborted)
      log[foreign ? 'warn' : 'info'](`not following the engine: ${text}`)
    reason = text
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => {})
  const follow = async (): Promise<void> => {
    for (; !signal.aborted; wait = Math.min(wait * 2, most)) {
      await session().catch(failed)
      const nudged = new Promise<void>((resolve) => {
        wake = resolve
      })
      await pause(least)
      await Promise.race([nudged, pause(wait - least)])
    }
  }

  return {
    start: () => void follow(),
    nudge: (networkId) => {
      wake()
      if (networkId !== undefined) void reader.look(networkId)
    },
    nameOf: async (endpointId, networkId) => {
      const known = names.endpoint(endpointId)?.name
      if (known !== undefined) return known
      await Promise.race([reader.look(networkId), sleep(PATIENCE)])
      return names.endpoint(endpointId)?.name
    },
    state: () => (reason === '' ? 'followed' : `not followed: ${reason}`),
    faults: () => (foreign ? [foreignFinding(foreign)] : []),
    stop: () => stopping.abort(),
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
 * Checks that the engine is the one that our networks are of: another's names would be taken for theirs. One that knows
 * some of them is it, whatever it calls itself.
 *
 * @param networks those that it has
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
 * Tells a stopped engine by its pid file, which it keeps beside its socket. The socket may be systemd's, and then who connects to it
 * starts the engine that somebody has just stopped.
 */
function stoppedEngine(socketPath: string): { now(): boolean; seenRunning(): void } {
  const file = socketPath.replace(/\.sock$/, '.pid')
  let hasFile = false
  return {
    now: () => hasFile && !existsSync(file),
    seenRunning: () => {
      hasFile = existsSync(file)
    },
  }
}
