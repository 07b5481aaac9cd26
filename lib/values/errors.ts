/**
 * The user must change something: the request is refused before the host is touched, and the message is
 * written for whoever typed it. It begins with the option's or the flag's name and says what was expected.
 */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
}

/** Something is wrong with one option. Its name comes first in the message. */
export class OptionError extends InvalidRequestError {
  readonly option: string
  /** the message without the option's name */
  readonly reason: string

  constructor(option: string, reason: string) {
    super(`${option}: ${reason}`)
    this.option = option
    this.reason = reason
  }
}

/** The option is well, but this host cannot carry it out. */
export class UnsupportedError extends OptionError {}

/** What was asked for is not there. */
export class NotFoundError extends InvalidRequestError {}

/** What was asked for goes against how things are now. */
export class ConflictError extends InvalidRequestError {}

/** The text of anything thrown, for a message that wraps it. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Runs all to their end, so that nothing is still at work when the first failure is answered. */
export async function together(...tasks: (Promise<unknown> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  )
  if (failed.length > 1) throw new AggregateError(failed, failed.map(({ message }) => message).join('; '))
  if (failed.length === 1) throw failed[0]
}

/** Throws the first error once what it calls for is undone, together with what went wrong then. */
export async function afterwards(error: unknown, undo: Promise<void>): Promise<never> {
  await undo.catch((more: unknown) => {
    throw new AggregateError([error, more], messageOf(error))
  })
  throw error
}
