import type { Command, Program } from '../kernel/command.ts'
import type { CommandError } from '../kernel/command-error.ts'
import type { Host, Mode, Outcome } from '../kernel/host.ts'
import { Failures } from '../values/errors.ts'

/**
 * One change to the host, and how to undo it. A step without `revert` is undone with another step (an address
 * with its link).
 */
export interface Step {
  readonly apply: Command
  readonly revert?: readonly Command[]
}

/**
 * Steps, in order. Plain data: equal specs give equal plans, and we delete an object by reverting its plan.
 */
export type Plan = readonly Step[]

export const step = (apply: Command, ...revert: Command[]): Step =>
  revert.length > 0 ? { apply, revert } : { apply }

const RANK: Readonly<Partial<Record<Program, number>>> = { ip: 0, tc: 1 }

/**
 * Merges independent plans into one that needs no more processes than the longest of them. Each plan has its
 * links before its qdiscs, so sorting by program keeps its order.
 */
export const mergePlans = (plans: readonly Plan[]): Plan =>
  plans.flat().toSorted((a, b) => (RANK[a.apply.program] ?? 2) - (RANK[b.apply.program] ?? 2))

const text = ({ program, line }: Command): string => `${program} ${line}`

/** The steps that turn the result of one plan into the result of another, and touch nothing else. */
export interface Change {
  readonly apply: Plan
  /** removes what only the old plan made; runs once the new plan is in place */
  readonly drop: readonly Command[]
}

export function changePlan(before: Plan, after: Plan): Change {
  const done = new Set(before.map(({ apply }) => text(apply)))
  const kept = new Set(after.flatMap(({ revert = [] }) => revert.map(text)))
  return {
    apply: after.filter(({ apply }) => !done.has(text(apply))),
    drop: revertsOf(before).filter((command) => !kept.has(text(command))),
  }
}

const revertsOf = (plan: Plan): Command[] => plan.toReversed().flatMap(({ revert }) => revert ?? [])

/** Groups neighbouring commands of the same program: one process each. */
const batches = (commands: readonly Command[]): { program: Program; lines: string[] }[] => {
  const result: { program: Program; lines: string[] }[] = []
  for (const { program, line } of commands) {
    const last = result.at(-1)
    if (last?.program === program) last.lines.push(line)
    else result.push({ program, lines: [line] })
  }
  return result
}

/**
 * Applies every step, or leaves the host as it was.
 *
 * @returns what the programs printed
 * @throws {CommandError} for the step that failed, after the steps before it were reverted
 * @throws {Failures} the same error, followed by those of reverts that failed too
 */
export async function applyPlan(plan: Plan, host: Host): Promise<string> {
  let done = 0
  let said = ''
  for (const { program, lines } of batches(plan.map(({ apply }) => apply))) {
    try {
      said += (await host.run(program, lines, 'strict')).stdout
      done += lines.length
    } catch (error) {
      // A failed nft transaction changes nothing; any other program has run the lines before the one that
      // failed.
      const partial = program === 'nft' ? 0 : ((error as Partial<CommandError>).index ?? 0)
      const failures = await revertSteps(plan.slice(0, done + partial), host)
      throw failures.length > 0 ? new Failures([error, ...failures], String(error)) : error
    }
  }
  return said
}

/**
 * Carries out a change. On failure it applies the old plan again and removes what only the new plan made.
 *
 * @throws {CommandError | Failures} for the step that failed, or for everything that could not be dropped
 */
export async function applyChange(before: Plan, after: Plan, host: Host): Promise<void> {
  const { apply, drop } = changePlan(before, after)
  try {
    // Not reverted step by step: a step that changes something in place does not know the old state.
    for (const { program, lines } of batches(apply.map(({ apply }) => apply)))
      await host.run(program, lines, 'strict')
    const failures = await forced(drop, host, 'missing')
    if (failures.length > 0) throw new Failures(failures)
  } catch (error) {
    const back = changePlan(after, before)
    await forced([...back.apply.map(({ apply }) => apply), ...back.drop], host, 'missing')
    throw error
  }
}

/**
 * Reverts every step, last first, and continues after failures. An object that is already gone counts as
 * reverted, so a plan may be reverted twice, or after a crash halfway.
 *
 * @throws {Failures} the reverts that failed
 */
export async function revertPlan(plan: Plan, host: Host): Promise<void> {
  const failures = await revertSteps(plan, host)
  if (failures.length > 0) throw new Failures(failures)
}

/**
 * Completes a plan of which parts may be in place: it runs every step, and ignores those that fail
 * harmlessly.
 *
 * @param harmless the failure to ignore
 * @throws {Failures} the steps that failed for another reason
 */
export async function repairPlan(
  plan: Plan,
  host: Host,
  harmless: CommandError['failure'] = 'exists',
): Promise<void> {
  const failures = await forced(
    plan.map(({ apply }) => apply),
    host,
    harmless,
  )
  if (failures.length > 0) throw new Failures(failures)
}

const revertSteps = (plan: Plan, host: Host): Promise<CommandError[]> =>
  forced(revertsOf(plan), host, 'missing')

async function forced(commands: readonly Command[], host: Host, harmless: CommandError['failure']) {
  const failures: CommandError[] = []
  for (const { program, lines } of batches(commands)) {
    const outcome: Outcome = await host.run(program, lines, 'force' satisfies Mode)
    failures.push(...outcome.failures.filter(({ failure }) => failure !== harmless))
  }
  return failures
}
