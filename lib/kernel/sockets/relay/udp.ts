import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { familyOf } from '../../../values/families.ts'
import { type Target, towards } from './target.ts'

/**
 * Maximum flows of one port, and of all; each has a file descriptor. The flow that has been silent longest
 * ends first.
 */
export const FLOWS = { port: 128, all: 1024 } as const
/**
 * ms without a datagram in either direction after which a flow ends, as in the kernel
 * (nf_conntrack_udp_timeout_stream)
 */
const IDLE = 120_000
/** datagrams that a flow may keep until its socket is connected */
const WAITING = 16

/** One client's datagrams, on their way to a container and back. */
interface Flow {
  send(data: Buffer): void
  end(): void
}

/** flows of all ports, the least recently active first */
const everywhere = new Set<Flow>()

/**
 * Relays datagrams that the kernel cannot translate: a flow for each client of a socket, to the container and
 * back. Replies come from the address that the host prefers towards the client, which may differ from the one
 * that the client used.
 *
 * @returns a function that ends all flows
 */
export function relayDatagrams(socket: Socket, target: Target): () => void {
  const flows = new Map<string, Flow>()
  const begin = (key: string, client: RemoteInfo): Flow => {
    if (flows.size >= FLOWS.port) flows.values().next().value?.end()
    if (everywhere.size >= FLOWS.all) everywhere.values().next().value?.end()
    return openFlow(towards(client.address, target), target.port, {
      answer: (data) => socket.send(data, client.port, client.address, ignore),
      heard: (flow) => {
        flows.delete(key)
        flows.set(key, flow)
      },
      ended: () => void flows.delete(key),
    })
  }
  socket.on('message', (data, client) => {
    const key = `${client.address} ${client.port}`
    const flow = flows.get(key) ?? begin(key, client)
    flow.send(data)
  })
  return () => {
    for (const flow of flows.values()) flow.end()
  }
}

interface Events {
  answer(data: Buffer): void
  heard(flow: Flow): void
  ended(): void
}

function openFlow(host: string, port: number, { answer, heard, ended }: Events): Flow {
  const onward = createSocket(familyOf(host) === 6 ? 'udp6' : 'udp4')
  let waiting: Buffer[] | undefined = []
  const flow: Flow = {
    send: (data) => {
      hear()
      if (waiting === undefined) onward.send(data, ignore)
      else if (waiting.length < WAITING) waiting.push(data)
    },
    end: () => {
      clearTimeout(timer)
      if (!everywhere.delete(flow)) return
      onward.close()
      ended()
    },
  }
  const timer = setTimeout(flow.end, IDLE).unref()
  const hear = (): void => {
    timer.refresh()
    everywhere.delete(flow)
    everywhere.add(flow)
    heard(flow)
  }
  // If the container refuses a datagram, the client gets no reply.
  onward.on('error', ignore).on('message', (data) => {
    hear()
    answer(data)
  })
  onward.connect(port, host, (error?: Error) => {
    if (!everywhere.has(flow)) return
    if (error) return flow.end()
    onward.unref()
    for (const data of waiting ?? []) onward.send(data, ignore)
    waiting = undefined
  })
  return flow
}

const ignore = (): void => undefined
