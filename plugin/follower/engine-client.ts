/**
 * The Docker engine on a socket. Loaded when it is first needed: that takes longer than all the rest of a
 * command.
 *
 * @param timeout ms without a word, after which a request has failed; for ever if undefined
 */
export async function engineClient(socketPath: string, timeout?: number) {
  const { default: Docker } = await import('dockerode')
  return new Docker({ socketPath, ...(timeout === undefined ? {} : { timeout }) })
}
