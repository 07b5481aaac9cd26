import type { Answer } from './messages.ts'

/** A method that the engine calls, with all that the server needs to know about it. */
export interface Rpc<Sent = never, Result extends Answer | Promise<Answer> = Answer | Promise<Answer>> {
  readonly handle: (sent: Sent) => Result
  /**
   * Undoes a call whose caller went away before the answer. The engine's client then repeats the call, but
   * with an empty body (it reads the drained buffer again), so it never learns what the first attempt
   * created.
   */
  undo?(sent: Sent, answer: Awaited<Result>): unknown
  /** `none`: the engine sends no message */
  readonly body?: 'none'
}

export const rpc = <Result extends Answer | Promise<Answer>, Sent = void>(
  method: Rpc<Sent, Result>,
): Rpc<Sent, Result> => method

/** Receiver to method, as in `POST /NetworkDriver.Join`. */
export type Drivers = Readonly<Record<string, Readonly<Record<string, Rpc>>>>
