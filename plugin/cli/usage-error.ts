/** The command line is not understood. It is answered with the usage of the command, in Docker's style. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
