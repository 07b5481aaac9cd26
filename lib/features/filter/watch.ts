import type { Host } from '../../kernel/host.ts'
import { followHost } from '../../kernel/ip/monitor.ts'
import { followRuleset } from '../../kernel/nft/monitor.ts'
import { type Background, pause } from '../../values/background.ts'

/** ms, but for `repairs` */
export const TIMES = {
  /** of quiet before a check, and at most this long after the first that asked for it */
  quiet: 300,
  patience: 1000,
  /** between two checks; and once so many within a minute had something to set right */
  gap: 1000,
  repairs: 30,
  longGap: 4000,
  /**
   * before what ended by itself is started again: twice as long each time, unless it lived for the longest
   */
  restart: 500,
  longRestart: 60_000,
  /** between two checks of what sends no events */
  poll: 3000,
}

/** ms: the same for what is checked with one short program */
const QUICK = { quiet: 100, gap: 300 }

export interface WatchParts {
  readonly host: Host
  /** Owns the programs that are followed and the polling. */
  readonly background: Background
  /** Checks whether our rules are as they should be. @returns whether it had to set something right */
  readonly check: () => Promise<boolean>
  /** The same for what the kernel sends no events of. */
  readonly checkUntold: () => Promise<boolean>
  /** Looks for bridges that have come or gone. */
  readonly checkBridges: () => Promise<boolean>
  /** Checks whether the host forwards. */
  readonly checkForwarding: () => Promise<boolean>
  readonly warn: (text: string) => void
  readonly times?: typeof TIMES
}

/**
 * Has what we rely on checked soon after somebody changed something that may concern it, rather than at the
 * next repair: engines, firewalls and administrators that start, reload, flush or switch. Ends with the
 * background work.
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

  /** Bound, to be handed out. */
  readonly add = (): void => {
    this.#last = performance.now()
    this.#first ??= this.#last
    this.#arrival.resolve()
  }

  /** Waits for one. */
  arrival(): Promise<void> {
    return this.#arrival.promise
  }

  /** When the check is due: after a pause in requests, or after `patience` where there is none. */
  due({ quiet, patience }: typeof TIMES): number {
    return Math.min(this.#last + quiet, (this.#first ?? this.#last) + patience)
  }

  clear(): void {
    this.#first = undefined
    this.#arrival = Promise.withResolvers()
  }
}

/**
 * Checks once for all requests that come within a moment. Where another program undoes every repair, this
 * goes on for ever: then checks become rarer.
 */
async function checkOnRequest(
  check: () => Promise<boolean>,
  requests: Requests,
  times: typeof TIMES,
  signal: AbortSignal,
): Promise<void> {
  signal.addEventListener('abort', requests.add)
  let earliest = 0
  /** when something was set right, within the last minute */
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
  /** of the program that reports changes */
  readonly name: string
  /** Runs it. @returns why it ended, or undefined when it is to be begun again */
  readonly begin: (signal: AbortSignal) => Promise<string | undefined>
  readonly requests: readonly Requests[]
  readonly warn: (text: string) => void
  readonly times: typeof TIMES
  readonly signal: AbortSignal
}

/**
 * Runs the program again and again until the signal. Each beginning asks for a check: nothing reported what
 * was before.
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
