import type { Side } from './side.ts'

/** How many things one driver is made to do at a time: what they do most is wait. */
export const WIDTH = 8

/**
 * Removes what a side has made.
 *
 * @throws {Error} something cannot be removed, which would be in the way of the rest
 */
export async function tidy({ engine, containers, networks, undos }: Side): Promise<void> {
  const { docker } = engine
  await Promise.all(undos.splice(0).map((undo) => undo()))
  const remove = (name: string) => docker.getContainer(name).remove({ force: true })
  await inParallel(containers.splice(0).map((name) => () => remove(name).catch(unlessGone)))
  await inParallel(networks.splice(0).map((name) => () => docker.getNetwork(name).remove().catch(unlessGone)))
}

function unlessGone(error: Error & { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error
}

/** Does the jobs in their order, so many at a time. */
export async function inParallel(
  jobs: readonly (() => Promise<unknown>)[],
  width = WIDTH / 2,
): Promise<void> {
  const queue = jobs.values()
  const work = async () => {
    for (const job of queue) await job()
  }
  await Promise.all(Array.from({ length: width }, work))
}
