import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { TIMES, watchHost } from '../../../../../lib/features/filter/watch.ts'
import { Background } from '../../../../../lib/values/background.ts'
import { fakeHost } from '../../../../support/fake-host.ts'
import { until } from '../../../../support/until.ts'

/** A twentieth of the real times, and nothing else that comes by itself. */
const QUICK: typeof TIMES = {
  ...TIMES,
  quiet: 15,
  patience: 50,
  gap: 50,
  repairs: 3,
  longGap: 60_000,
  restart: 25,
  longRestart: 60_000,
  poll: 60_000,
}

interface Stage {
  readonly times?: Partial<typeof TIMES>
  /** What a check finds, by its number. */
  readonly repairs?: (number: number) => boolean
  /** ms that a check takes */
  readonly takes?: number
}

/** Watches a host on which things happen when the test says so. */
function stage(t: Test, { times = {}, repairs = () => false, takes = 0 }: Stage = {}) {
  const checks: number[] = []
  const warnings: string[] = []
  let untold = 0
  let starts = 0
  let running: { hear: (line: string) => void; end: (reason: string) => void } | undefined
  const host = {
    ...fakeHost(),
    watch: (program: string, _args: readonly string[], hear: (line: string) => void, signal: AbortSignal) => {
      const { promise, resolve } = Promise.withResolvers<string>()
      signal.addEventListener('abort', () => resolve('aborted'))
      if (program === 'ip') return promise
      starts += 1
      running = { hear, end: resolve }
      return promise
    },
  }
  const background = new Background((text) => warnings.push(text))
  watchHost({
    host,
    background,
    check: async () => {
      checks.push(performance.now())
      const isRepair = repairs(checks.length)
      await sleep(takes)
      return isRepair
    },
    checkBridges: async () => false,
    checkForwarding: async () => false,
    checkUntold: async () => {
      untold += 1
      return false
    },
    warn: (text) => warnings.push(text),
    times: { ...QUICK, ...times },
  })
  const stop = () => background.stop()
  t.teardown(stop)
  const disturb = (): void => {
    running?.hear('delete table inet sluice')
    running?.hear('# new generation 7 by process 2732 (nft)')
  }
  return {
    ...{ checks, warnings, disturb, stop },
    starts: () => starts,
    untold: () => untold,
    end: (reason: string) => running?.end(reason),
    /** Once the check that every beginning asks for has been made, and its gap is over. */
    begun: async () => {
      await until('the first check', () => checks.length === 1, { every: 5 })
      await sleep(QUICK.gap + takes)
    },
  }
}

t.test('a check comes soon after something suspicious, and only then', async (t) => {
  const { checks, disturb, begun } = stage(t)
  await begun()
  await sleep(100)
  t.equal(checks.length, 1, 'nothing happened')
  const before = performance.now()
  disturb()
  await until('the check', () => checks.length === 2, { every: 1 })
  const after = (checks[1] ?? 0) - before
  t.ok(after >= QUICK.quiet - 1, `after ${after} ms`)
})

t.test('what comes within a moment costs one check', async (t) => {
  const { checks, disturb, begun } = stage(t)
  await begun()
  for (let count = 0; count < 100; count++) disturb()
  await sleep(200)
  t.equal(checks.length, 2)
})

t.test('who never pauses is looked at all the same, and not more often than the gap', async (t) => {
  const { checks, disturb, begun } = stage(t)
  await begun()
  const end = performance.now() + 600
  while (performance.now() < end) {
    disturb()
    await sleep(3)
  }
  const gaps = checks.slice(2).map((time, index) => time - (checks[index + 1] ?? 0))
  t.ok(gaps.length >= 4, `${checks.length} checks`)
  t.ok(Math.min(...gaps) >= QUICK.gap - 1, `gaps: ${gaps.map(Math.round)}`)
})

t.test('what happens during a check is looked at by the next', async (t) => {
  const { checks, disturb, begun } = stage(t, { takes: 100 })
  await begun()
  disturb()
  await until('the check', () => checks.length === 2, { every: 1 })
  await sleep(20)
  disturb()
  await until('the next', () => checks.length === 3, { every: 1 })
  t.ok((checks[2] ?? 0) - (checks[1] ?? 0) >= 100, 'one after the other')
})

t.test('who undoes every repair at once is met so many times, then less often', async (t) => {
  const { checks, disturb, begun } = stage(t, { repairs: () => true })
  await begun()
  const end = performance.now() + 600
  while (performance.now() < end) {
    disturb()
    await sleep(5)
  }
  t.equal(checks.length, QUICK.repairs)
})

t.test('checks that find nothing are not counted', async (t) => {
  const { checks, disturb, begun } = stage(t, { repairs: (number) => number < QUICK.repairs })
  await begun()
  const end = performance.now() + 500
  while (performance.now() < end) {
    disturb()
    await sleep(5)
  }
  t.ok(checks.length > QUICK.repairs + 1, `${checks.length} checks`)
})

t.test(
  'what ends by itself is begun again, ever later, with a check each time and one warning',
  async (t) => {
    const { checks, warnings, starts, end, begun } = stage(t)
    await begun()
    const times: number[] = []
    for (const number of [2, 3, 4]) {
      const before = performance.now()
      end('Segmentation fault\n')
      await until('a new beginning', () => starts() === number, { every: 1 })
      times.push(performance.now() - before)
    }
    t.ok(
      times.every((time, index) => time >= QUICK.restart * 2 ** index - 1),
      `${times.map(Math.round)} ms`,
    )
    await until('the last check', () => checks.length >= 3, { every: 5 })
    t.strictSame(warnings.length, 1)
    t.match(warnings[0], /Segmentation fault$/)
  },
)

t.test('one that lived for long begins again soon', async (t) => {
  const { starts, end, begun } = stage(t, { times: { longRestart: 50 } })
  await begun()
  for (const number of [2, 3, 4, 5]) {
    await sleep(60)
    const before = performance.now()
    end('killed')
    await until('a new beginning', () => starts() === number, { every: 1 })
    const took = performance.now() - before
    t.ok(took < 2 * QUICK.restart + 20, `${Math.round(took)} ms`)
  }
})

t.test('what nobody tells of is looked at again and again', async (t) => {
  const { untold, checks, stop } = stage(t, { times: { poll: 20 } })
  await until('several looks', () => untold() >= 3, { every: 5 })
  await stop()
  const [before, checked] = [untold(), checks.length]
  await sleep(100)
  t.equal(untold(), before)
  t.equal(checks.length, checked, 'and no check comes after the end')
})

t.test('it ends without a warning', async (t) => {
  const { warnings, starts, stop, begun } = stage(t)
  await begun()
  await stop()
  await sleep(100)
  t.strictSame(warnings, [])
  t.equal(starts(), 1)
})
