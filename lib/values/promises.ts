import { Failures, messageOf } from './errors.ts'

/**
 * Waits for all, so that nothing is still at work when the first failure is answered.
 *
 * @throws what the only one that failed threw
 * @throws {Failures} what several threw
 */
export async function together(...tasks: (Promise<unknown> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  if (failed.length > 1) throw new Failures(failed)
  if (failed.length === 1) throw failed[0]
}

/**
 * Waits for the undo that an error calls for, and throws the error.
 *
 * @throws {Failures} the error, and that of the undo
 */
export async function afterwards(error: unknown, undo: Promise<void>): Promise<never> {
  await undo.catch((more: unknown) => {
    throw new Failures([error, more], messageOf(error))
  })
  throw error
}
