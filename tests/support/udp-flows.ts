// A program: keeps up UDP flows that never pause, or answers them.
//   udp-flows.ts send ADDRESS FIRST_PORT PORTS FLOWS_PER_PORT SECONDS [MS]   prints at the end how many were answered when, as JSON
//   udp-flows.ts answer ADDRESS FIRST_PORT PORTS
import { createSocket, type Socket } from 'node:dgram'
import { setInterval } from 'node:timers/promises'

/** What the sender saw in so many ms. */
export interface Tick {
  /** ms since 1970 */
  readonly at: number
  /** flows that were answered since the tick before, of all ports and of the first one */
  readonly answered: number
  readonly first: number
}

/**
 * ms between two datagrams of a flow, and in how many lumps all flows' are sent: whoever answers has room for
 * so many
 */
const EVERY = 200
const LUMPS = 10

async function send(
  address: string,
  firstPort: number,
  ports: number,
  each: number,
  seconds: number,
  every: number,
) {
  let answered = new Set<Socket>()
  const flows = Array.from({ length: ports * each }, (_, index): Socket => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    // Refusals are no end: it goes on and on.
    socket.on('error', () => undefined).on('message', () => answered.add(socket))
    socket.connect(firstPort + (index % ports), address, () => socket.setSendBufferSize(65_536))
    return socket
  })
  const ticks: Tick[] = []
  const end = performance.now() + seconds * 1000
  let lump = 0
  for await (const _ of setInterval(every / LUMPS)) {
    if (lump % LUMPS === 0) {
      const first = flows.filter((socket, index) => index % ports === 0 && answered.has(socket)).length
      ticks.push({ at: Date.now(), answered: answered.size, first })
      answered = new Set()
    }
    if (performance.now() > end) break
    for (let index = lump % LUMPS; index < flows.length; index += LUMPS)
      flows[index]?.send('x', () => undefined)
    lump += 1
  }
  process.stdout.write(JSON.stringify(ticks))
  process.exit(0)
}

function answer(address: string, firstPort: number, ports: number): void {
  for (let port = firstPort; port < firstPort + ports; port++) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.on('error', () => undefined)
    socket.on('message', (data, from) => socket.send(data, from.port, from.address, () => undefined))
    socket.bind(port, address)
  }
}

const [what, address = '', ...words] = process.argv.slice(2)
const [first = 0, ports = 1, each = 1, seconds = 1, every = EVERY] = words.map(Number)
if (what === 'send') await send(address, first, ports, each, seconds, every)
else answer(address, first, ports)
