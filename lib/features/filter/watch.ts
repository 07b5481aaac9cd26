import type { Host } from '../../kernel/host.ts'
import { followHost } from '../../kernel/ip/monitor.ts'
import { followRuleset } from '../../kernel/nft/monitor.ts'
import { type Background, pause } from '../../values/background.ts'

/** ms, except `repairs` */
export const TIMES = {
  /** a check begins after `quiet` without requests, at most `patience` after the first request */
  quiet: 300,
  patience: 1000,
  /** between two checks: `gap`, or `longGap` once `repairs` checks within a minute have repaired something */
  gap: 1000,
  repairs: 30,
  longGap: 4000,
  /**
   * wait before restarting a program that ended: doubled each time up to `longRestart`, reset if the program
   * ran that long
   */
  restart: 500,
  longRestart: 60_000,
  /** between two checks of state that sends no events */
  poll: 3000,
}

/** ms: the same for checks that run one short program */
const QUICK = { quiet: 100, gap: 300 }

export interface WatchParts {
  readonly host: Host
  /** Owns the monitor programs and the polling. */
  readonly background: Background
  /** Checks our rules and repairs them. @returns whether it repaired anything */
  readonly check: () => Promise<boolean>
  /** The same for state that the kernel sends no events of. */
  readonly checkUntold: () => Promise<boolean>
  /** Looks for new and deleted bridges. */
  readonly checkBridges: () => Promise<boolean>
  /** Checks whether forwarding is on. */
  readonly checkForwarding: () => Promise<boolean>
  readonly warn: (text: string) => void
  readonly times?: typeof TIMES
}

/**
 * Has what we rely on checked soon after a change that may concern it, rather than at the next repair.
 * Engines, firewalls and administrators make such changes when they start, reload, flush or switch something.
 * Ends with the background work.
 */
export function watchHost(parts: WatchParts): void {
  const { host, background, warn, times = TIMES } = parts
  const [rules, bridges, forwarding] = [new Requests(), new Requests(), new Requests()]
  const quick = { ...times, ...QUICK }
  background.start('checking rules', (signal) => checkOnRequest(parts.check, rules, times, signal))
  background.start('checking bridges', (signal) => checkOnRequest(parts.checkBridges, bridges, quick, signal))
  background.start('checking forwarding', (signal) =>
    checkOnRequest(parts.checkForwarding, forwarding, times, signal),
  )
  background.start('polling', async (signal) => {
    while (await pause(times.poll, signal)) await parts.checkUntold()
  })
  const common = { warn, times }
  const nft = {
    name: 'nft monitor',
    requests: [rules],
    begin: (signal: AbortSignal) => followRuleset(host, rules.add, signal),
  }
  const ip = {
    name: 'ip monitor',
    requests: [bridges, forwarding],
    begin: (signal: AbortSignal) =>
      followHost(host, { link: bridges.add, forwardingOff: forwarding.add }, signal),
  }
  for (const one of [nft, ip]) background.start(one.name, (signal) => follow({ ...one, ...common, signal }))
}

/** Requests for a check that has not begun yet. Times are ms of performance.now(). */
class Requests {
  #first: number | undefined
  #last = 0
  #arrival = Promise.withResolvers<void>()

  /** An arrow function, so that callers can pass it on unbound. */
  readonly add = (): void => {
    this.#last = performance.now()
    this.#first ??= this.#last
    this.#arrival.resolve()
  }

  /** Waits for a request. */
  arrival(): Promise<void> {
    return this.#arrival.promise
  }

  /** When the check is due: `quiet` after the last request, but at most `patience` after the first. */
  due({ quiet, patience }: typeof TIMES): number {
    return Math.min(this.#last + quiet, (this.#first ?? this.#last) + patience)
  }

  clear(): void {
    this.#first = undefined
    this.#arrival = Promise.withResolvers()
  }
}

/**
 * Runs one check for all requests that come close together. If another program undoes every repair, checks
 * never end, so they become rarer.
 */
async function checkOnRequest(
  check: () => Promise<boolean>,
  requests: Requests,
  times: typeof TIMES,
  signal: AbortSignal,
): Promise<void> {
  signal.addEventListener('abort', requests.add)
  let earliest = 0
  /** times of the checks that repaired something within the last minute */
  let repairs: number[] = []
  while (!signal.aborted) {
    await requests.arrival()
    for (let now = performance.now(); ; now = performance.now()) {
      if (signal.aborted) return
      const due = Math.max(earliest, requests.due(times))
      if (due <= now) break
      await pause(due - now, signal)
    }
    requests.clear()
    const isRepair = await check()
    const now = performance.now()
    repairs = [...repairs, ...(isRepair ? [now] : [])].filter((time) => now - time < 60_000)
    earliest = now + (repairs.length < times.repairs ? times.gap : times.longGap)
  }
}

interface Following {
  /** name of the monitor program */
  readonly name: string
  /** Runs the program. @returns why it ended, or undefined to restart it at once */
  readonly begin: (signal: AbortSignal) => Promise<string | undefined>
  readonly requests: readonly Requests[]
  readonly warn: (text: string) => void
  readonly times: typeof TIMES
  readonly signal: AbortSignal
}

/**
 * Restarts the program each time it ends, until the signal aborts. Each start requests a check: nothing
 * reported the changes made before it.
 */
async function follow({ name, begin, requests, warn, times, signal }: Following): Promise<void> {
  let wait = times.restart
  let isKnown = false
  while (!signal.aborted) {
    for (const one of requests) one.add()
    const begun = performance.now()
    const reason = await begin(signal).catch(String)
    if (reason === undefined) continue
    if (performance.now() - begun >= times.longRestart) wait = times.restart
    if (!isKnown && !signal.aborted) warn(`${name} ended and begins again, later each time: ${reason.trim()}`)
    isKnown = true
    await pause(wait, signal)
    wait = Math.min(wait * 2, times.longRestart)
  }
}
