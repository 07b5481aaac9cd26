import { createSocket } from 'node:dgram'
import { connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { familyOf } from '../../values/families.ts'
import type { Protocol } from '../../values/protocols.ts'
import { type Target, towards } from './relay/target.ts'
import { relayDatagrams } from './relay/udp.ts'

/** A port of the host, by its protocol and address. */
export interface HostPort {
  readonly proto: Protocol
  /** `0.0.0.0` or `::` for all of a family */
  readonly host: string
  readonly port: number
}

/** A port as a socket binds it. */
export interface WantedPort extends HostPort {
  /** with `::`: bind all IPv4 addresses of the host too */
  readonly wide?: boolean
}

/** Keeps a port ours until release(). */
export interface Hold {
  release(): void
}

/**
 * Binds a host port for as long as it is published, so that no other process can take it and Docker's own
 * driver does not assign it a second time.
 *
 * The kernel translates packets before any socket sees them. The socket relays those that the kernel cannot
 * translate: packets to ::1, from a link-local IPv6 address, to a broadcast address, or by IPv6 for a
 * container without it.
 *
 * @throws {NodeJS.ErrnoException} EADDRINUSE if the port is in use, EADDRNOTAVAIL if the host has no such
 *   address, EACCES
 */
export function holdPort(wanted: WantedPort, target: Target): Promise<Hold> {
  // Node has no SCTP sockets, and nobody else on the host is likely to have one either.
  if (wanted.proto === 'sctp') return Promise.resolve({ release: () => undefined })
  return wanted.proto === 'tcp' ? holdTcp(wanted, target) : holdUdp(wanted, target)
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

function relay(socket: Socket, target: Target): void {
  const host = towards(socket.remoteAddress ?? '', target)
  const onward = connect({ host, port: target.port, allowHalfOpen: true })
  // If one direction breaks, end both.
  const end = (error: Error | null | undefined): void => {
    if (!error) return
    socket.destroy()
    onward.destroy()
  }
  pipeline(socket, onward, end)
  pipeline(onward, socket, end)
}

const holdUdp = ({ host, port, wide }: WantedPort, target: Target): Promise<Hold> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(familyOf(host) === 6 ? { type: 'udp6', ipv6Only: !wide } : { type: 'udp4' })
    socket.once('error', reject)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.unref()
      socket.on('error', () => undefined)
      const end = relayDatagrams(socket, target)
      const release = () => {
        socket.close()
        end()
      }
      resolve({ release })
    })
  })
