import { Failures, messageOf } from './errors.ts'

/**
 * Waits for all tasks, so that none still runs when the caller reports the first failure.
 *
 * @throws the error of the task that failed, if only one did
 * @throws {Failures} the errors of several tasks
 */
export async function together(...tasks: (Promise<unknown> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  if (failed.length > 1) throw new Failures(failed)
  if (failed.length === 1) throw failed[0]
}

/**
 * Waits for the undo after an error, then throws that error.
 *
 * @throws {Failures} both errors, if the undo fails too
 */
export async function afterwards(error: unknown, undo: Promise<void>): Promise<never> {
  await undo.catch((more: unknown) => {
    throw new Failures([error, more], messageOf(error))
  })
  throw error
}
