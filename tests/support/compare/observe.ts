import type { Engine } from '../engine.ts'
import type { Behaviour, Group, Seen } from './behaviour.ts'
import { createRoles } from './roles.ts'
import { type Driver, openSide, type Side } from './side.ts'
import { surround } from './surroundings.ts'
import { inParallel, tidy, WIDTH } from './tidy.ts'
import { refusalText } from './words.ts'
import { createWorld } from './world.ts'

/**
 * Observes every behaviour on every driver, the drivers side by side. Groups without stages follow each other
 * without a pause, and what a group made goes while the next one is at work; the others have the engine for
 * themselves, one by one.
 *
 * @param note is told when a group is done, and after how many ms
 */
export async function observeAll(
  engine: Engine,
  names: readonly string[],
  groups: readonly Group[],
  note: (group: string, ms: number) => void = () => {},
): Promise<Seen[]> {
  const roles = createRoles()
  const surroundings = await surround(engine, roles)
  const drivers = names.map(
    (driver, index): Driver => ({ engine, driver, index, roles, surroundings, worlds: 0 }),
  )
  const fitting = groups.map((group) => ({
    ...group,
    behaviours: group.behaviours.filter(({ needs }) => !needs || needs.includes(engine.version)),
  }))
  const answers = new Map<Behaviour, string[]>()
  const write = ({ index }: Driver, behaviour: Behaviour, answer: string) => {
    const row = answers.get(behaviour) ?? []
    row[index] = answer
    answers.set(behaviour, row)
  }
  const start = performance.now()
  const done = ({ name }: Group) => note(name, Math.round(performance.now() - start))

  const single = async (group: Group) => {
    await (group.alone ? takeTurns(drivers, group, write) : onStages(drivers, group, write))
    done(group)
  }
  try {
    for (const group of fitting) if (group.stages && !group.event) await single(group)
    await Promise.all(drivers.map((driver) => flow(driver, fitting.filter(isCalm), write, done)))
    for (const group of fitting) if (group.alone || group.event) await single(group)
  } finally {
    await surroundings.leave()
  }
  return fitting.flatMap(({ name: group, behaviours }) =>
    behaviours.map((one) => ({ name: one.name, group, answers: answers.get(one) ?? [] })),
  )
}

type Write = (driver: Driver, behaviour: Behaviour, answer: string) => void

const isCalm = ({ alone, stages }: Group): boolean => !alone && !stages

async function flow(
  driver: Driver,
  groups: readonly Group[],
  write: Write,
  done: (group: Group) => void,
): Promise<void> {
  const going: Promise<void>[] = []
  const jobs = groups.flatMap((group) => {
    const side = openSide(driver)
    let left = group.behaviours.length
    return group.behaviours.map((behaviour) => async () => {
      write(driver, behaviour, await observe(side, behaviour))
      left -= 1
      if (left > 0) return
      done(group)
      going.push(tidy(side))
    })
  })
  await inParallel(jobs, WIDTH)
  await Promise.all(going)
}

async function onStages(
  drivers: readonly Driver[],
  { behaviours, stages = [], event }: Group,
  write: Write,
): Promise<void> {
  const [first] = drivers
  if (behaviours.length === 0 || !first) return
  const sides = drivers.map((driver) => ({ driver, side: openSide(driver) }))
  try {
    // What cannot be set up is seen again by each behaviour.
    await Promise.allSettled(
      sides.flatMap(({ side }) => stages.map((stage) => createWorld(side).share(stage))),
    )
    await event?.(first.engine)
    const jobs = sides.flatMap(({ driver, side }) =>
      behaviours.map((one) => async () => write(driver, one, await observe(side, one))),
    )
    await inParallel(jobs, 3 * WIDTH)
  } finally {
    await Promise.all(sides.map(({ side }) => tidy(side)))
  }
}

async function takeTurns(drivers: readonly Driver[], { behaviours }: Group, write: Write): Promise<void> {
  for (const behaviour of behaviours)
    for (const driver of drivers) {
      const side = openSide(driver)
      write(driver, behaviour, await observe(side, behaviour))
      await tidy(side)
    }
}

const observe = (side: Side, behaviour: Behaviour): Promise<string> =>
  behaviour.observe(createWorld(side)).catch((error: unknown) => {
    return `fails: ${side.roles.in(refusalText(error))}`
  })
