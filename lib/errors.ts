/**
 * The user must change something: the request is refused before the host is touched, and the message is
 * written for whoever typed it. It begins with the option's or the flag's name and says what was expected.
 */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
}

/** The text of anything thrown, for a message that wraps it. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
