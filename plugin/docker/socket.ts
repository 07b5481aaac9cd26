import { renameSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const FIRST_HANDED = 3

/** Whether a process already answers on the socket. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false))
    probe.once('close', () => probe.destroy()).setTimeout(1000, () => probe.destroy())
  })

/**
 * Listens where the engine looks: on the socket that systemd passes, or at `path`. The socket appears at
 * `path` only once we can answer on it, so that the engine never finds a socket on which nobody listens. Only
 * root may connect (mode 0600).
 *
 * @returns a function to call at the end: it removes the socket at `path`, since a leftover one makes
 * unrelated Docker commands wait 15 s, and waits for the calls in progress
 * @throws {Error} another process answers there
 */
export async function listenForEngine(fastify: FastifyInstance, path: string): Promise<() => Promise<void>> {
  await fastify.ready()
  const { server } = fastify
  const listen = (where: { fd: number } | { path: string }): Promise<void> =>
    new Promise((resolve, reject) => void server.once('error', reject).listen(where, resolve))
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))

  if (process.env.LISTEN_PID === String(process.pid) && Number(process.env.LISTEN_FDS) >= 1) {
    await listen({ fd: FIRST_HANDED })
    return close
  }
  if (await answers(path)) throw new Error(`cannot listen on ${path}: another process answers there`)
  await mkdir(dirname(path), { recursive: true })
  const fresh = `${path}.${process.pid}`
  const before = process.umask(0o177)
  await listen({ path: fresh }).finally(() => process.umask(before))
  renameSync(fresh, path)
  return () => {
    rmSync(path, { force: true })
    return close()
  }
}
