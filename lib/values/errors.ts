/**
 * A request that the user must change. We refuse it before we touch the host. The message is written for the
 * user: it begins with the option's or the flag's name and says what was expected.
 */
export class InvalidRequestError extends Error {
  override readonly name: string = 'InvalidRequestError'
  /** as in HTTP (RFC 9110, 15.5) */
  readonly status: number = 400
  /** for programs; a cause keeps its code */
  readonly code: string = 'invalid'
}

/** Something is wrong with one option. Its name comes first in the message. */
export class OptionError extends InvalidRequestError {
  override readonly name: string = 'OptionError'
  override readonly code: string = 'invalid_option'
  readonly option: string
  /** the message without the option's name */
  readonly reason: string

  constructor(option: string, reason: string) {
    super(`${option}: ${reason}`)
    this.option = option
    this.reason = reason
  }
}

/** The option is valid, but this host does not support it. */
export class UnsupportedError extends OptionError {
  override readonly name = 'UnsupportedError'
  override readonly status = 422
  override readonly code = 'unsupported'
}

/** The request names something that does not exist. */
export class NotFoundError extends InvalidRequestError {
  override readonly name = 'NotFoundError'
  override readonly status = 404
  override readonly code = 'not_found'
}

/** The request conflicts with the current state. */
export class ConflictError extends InvalidRequestError {
  override readonly name = 'ConflictError'
  override readonly status = 409
  override readonly code = 'conflict'
}

/** Several errors as one. */
export class Failures extends AggregateError {
  override readonly name = 'Failures'

  /** @param message the messages of all the errors, if absent */
  constructor(errors: readonly unknown[], message: string = errors.map(messageOf).join('; ')) {
    super(errors, message)
  }
}

/** The message of any thrown value, for a message that wraps it. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
