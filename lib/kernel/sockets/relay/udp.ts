import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { familyOf } from '../../../values/families.ts'
import { type Target, towards } from './target.ts'

/** Flows of one port, and of all, a file descriptor each: who has been silent longest goes first. */
export const FLOWS = { port: 128, all: 1024 } as const
/**
 * ms without a datagram either way until a flow is forgotten, as the kernel's
 * (nf_conntrack_udp_timeout_stream)
 */
const IDLE = 120_000
/** datagrams of a flow that wait until it has its socket */
const WAITING = 16

/** One client's datagrams, on their way to a container and back. */
interface Flow {
  send(data: Buffer): void
  end(): void
}

/** flows of all ports; who was heard of last is last */
const everywhere = new Set<Flow>()

/**
 * Hands on what comes to a socket, a flow for each client, and the answers back: for what the kernel cannot
 * translate. Answers come from the address that the host prefers towards the client, which need not be the
 * one that was asked.
 *
 * @returns what ends all flows
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
  // What the container refuses is silence to the client.
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
