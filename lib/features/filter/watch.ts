import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../kernel/host.ts'
import { followHost } from '../../kernel/ip/monitor.ts'
import { followRuleset } from '../../kernel/nft/monitor.ts'

/** ms, but for `repairs` */
export const TIMES = {
  /** of quiet before a check, and at most this long after the first that asked for it */
  quiet: 300,
  patience: 1000,
  /** between two checks; and once so many within a minute had something to set right */
  gap: 1000,
  repairs: 30,
  longGap: 4000,
  /** before what ended by itself is started again: twice as long each time, unless it lived for the longest */
  restart: 500,
  longRestart: 60_000,
  /** between two looks where nobody tells of changes */
  poll: 3000,
}

/** ms: the same for what is looked at with one short program */
const QUICK = { quiet: 100, gap: 300 }

export interface WatchParts {
  readonly host: Host
  /** Looks whether our rules are as they should be. @returns whether it had to set something right */
  readonly check: () => Promise<boolean>
  /** The same for what the kernel tells nobody of. */
  readonly checkUntold: () => Promise<boolean>
  /** Looks for bridges that have come or gone. */
  readonly checkBridges: () => Promise<boolean>
  /** Looks whether the host forwards. */
  readonly checkForwarding: () => Promise<boolean>
  readonly warn: (text: string) => void
  readonly times?: typeof TIMES
}

/**
 * Has what we rely on looked at soon after somebody changed something that may concern it, rather than at the next repair: engines,
 * firewalls and administrators that start, reload, flush or switch.
 *
 * @returns what ends it
 */
export function watchHost(parts: WatchParts): () => void {
  const { host, warn, times = TIMES } = parts
  const end = new AbortController()
  const { signal } = end
  const rules = soon(parts.check, times, signal)
  const link = soon(parts.checkBridges, { ...times, ...QUICK }, signal)
  const forwardingOff = soon(parts.checkForwarding, times, signal)
  const poll = async (): Promise<void> => {
    while (await pause(times.poll, signal)) await parts.checkUntold()
  }
  const following = { warn, times, signal }
  void follow({
    ...following,
    name: 'nft monitor',
    ask: rules,
    begin: () => followRuleset(host, rules, signal),
  })
  void follow({
    ...following,
    name: 'ip monitor',
    ask: () => {
      link()
      forwardingOff()
    },
    begin: () => followHost(host, { link, forwardingOff }, signal),
  })
  void poll()
  return () => end.abort()
}

/**
 * Calls `check` once for all that asked within a moment. What somebody undoes again and again, they and we would go on with for ever: then it
 * is met less often.
 */
function soon(check: () => Promise<boolean>, times: typeof TIMES, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  let asked: number | undefined
  let isRunning = false
  let earliest = 0
  /** when something was set right */
  let repairs: number[] = []

  const run = async (): Promise<void> => {
    asked = undefined
    isRunning = true
    const isRepair = await check()
    isRunning = false
    const now = performance.now()
    repairs = [...repairs, ...(isRepair ? [now] : [])].filter((time) => now - time < 60_000)
    earliest = now + (repairs.length < times.repairs ? times.gap : times.longGap)
    if (asked !== undefined) ask()
  }
  const ask = (): void => {
    const now = performance.now()
    asked ??= now
    clearTimeout(timer)
    if (isRunning || signal.aborted) return
    const at = Math.max(earliest, Math.min(now + times.quiet, asked + times.patience))
    timer = setTimeout(() => void run(), at - now).unref()
  }
  signal.addEventListener('abort', () => clearTimeout(timer))
  return ask
}

interface Following extends Pick<WatchParts, 'warn'> {
  /** of the program that tells */
  readonly name: string
  readonly begin: () => Promise<string | undefined>
  readonly ask: () => void
  readonly times: typeof TIMES
  readonly signal: AbortSignal
}

/** Follows for as long as it may, and asks at each beginning: nobody told of what was before. */
async function follow({ name, begin, ask, warn, times, signal }: Following): Promise<void> {
  let wait = times.restart
  let isKnown = false
  while (!signal.aborted) {
    ask()
    const begun = performance.now()
    const reason = await begin().catch(String)
    if (reason === undefined) continue
    if (performance.now() - begun >= times.longRestart) wait = times.restart
    if (!isKnown && !signal.aborted) warn(`${name} ended and begins again, later each time: ${reason.trim()}`)
    isKnown = true
    await pause(wait, signal)
    wait = Math.min(wait * 2, times.longRestart)
  }
}

/** @returns false at once when the signal comes */
const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal, ref: false }).catch(() => false)
