/**
 * A client of the Docker engine on a socket. Its library is loaded on first use: loading takes longer than
 * all the rest of a command.
 *
 * @param timeout ms of silence after which a request fails; it waits for ever if undefined
 */
export async function engineClient(socketPath: string, timeout?: number) {
  const { default: Docker } = await import('dockerode')
  return new Docker({ socketPath, ...(timeout === undefined ? {} : { timeout }) })
}
