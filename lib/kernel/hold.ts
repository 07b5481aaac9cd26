import { createSocket } from 'node:dgram'
import { connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'

/** A port of the host, by its protocol and address. */
export interface HostPort {
  readonly proto: 'tcp' | 'udp' | 'sctp'
  /** `0.0.0.0` or `::` for all of a family */
  readonly host: string
  readonly port: number
}

/** As a socket takes it. */
export interface WantedPort extends HostPort {
  /** with `::`: any IPv4 address of the host as well */
  readonly wide?: boolean
}

/** Where a published port leads: the container's addresses, at least one, and its port. */
export interface Target {
  readonly address4?: string | undefined
  readonly address6?: string | undefined
  readonly port: number
}

/** What keeps a port ours. */
export interface Hold {
  release(): void
}

/**
 * Takes a port of the host for as long as it is published, so that no process takes it for its own, and Docker's own driver does
 * not give it away a second time.
 *
 * Packets are translated before any socket sees them, but for those to ::1, which the kernel cannot translate: TCP connections
 * from there are relayed.
 *
 * @throws {NodeJS.ErrnoException} EADDRINUSE somebody has it, EADDRNOTAVAIL the host has no such address, EACCES
 */
export function holdPort(wanted: WantedPort, target: Target): Promise<Hold> {
  // Node has no socket for it; nobody else on the host is likely to have one either.
  if (wanted.proto === 'sctp') return Promise.resolve({ release: () => undefined })
  return wanted.proto === 'tcp' ? holdTcp(wanted, target) : holdUdp(wanted)
}

const holdTcp = ({ host, port, wide }: WantedPort, target: Target): Promise<Hold> =>
  new Promise((resolve, reject) => {
    const relayed = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      relayed.add(socket)
      socket.once('close', () => relayed.delete(socket))
      relay(socket, target)
    })
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: !wide }, () => {
      server.unref()
      const release = () => {
        server.close()
        for (const socket of relayed) socket.destroy()
      }
      resolve({ release })
    })
  })

/** A connection of one family goes to the address of the same, where there is one, as it would by the rules. */
function relay(socket: Socket, { address4, address6, port }: Target): void {
  const { remoteAddress: from = '' } = socket
  const isSix = from.includes(':') && !from.startsWith('::ffff:')
  const host = (isSix ? (address6 ?? address4) : (address4 ?? address6)) ?? ''
  const onward = connect({ host, port, allowHalfOpen: true })
  // Whichever way breaks takes the other along.
  const end = (error: Error | null | undefined): void => {
    if (!error) return
    socket.destroy()
    onward.destroy()
  }
  pipeline(socket, onward, end)
  pipeline(onward, socket, end)
}

const holdUdp = ({ host, port, wide }: WantedPort): Promise<Hold> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? { type: 'udp6', ipv6Only: !wide } : { type: 'udp4' })
    socket.once('error', reject)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.unref()
      socket.on('error', () => undefined)
      resolve({ release: () => socket.close() })
    })
  })
