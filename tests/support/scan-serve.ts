// A program: says who it is to whoever asks, over TCP and UDP, IPv4 and IPv6.
//
//     node scan-serve.ts NAME FIRST LAST LOCAL
//
// Listens on the ports FIRST to LAST of all addresses, and on LOCAL of 127.0.0.1 alone. The answer is
// `NAME:PORT sees ADDRESS`.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [name, ...numbers] = process.argv.slice(2)
const [first = 0, last = 0, local = 0] = numbers.map(Number)

for (let port = first; port <= last; port++) serve(port, '::')
serve(local, '127.0.0.1')

function answer(port: number, asker = ''): string {
  return `${name}:${port} sees ${asker.replace('::ffff:', '')}`
}

function serve(port: number, host: string): void {
  createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(answer(port, socket.remoteAddress))
  }).listen({ port, host })
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (_, from) => socket.send(answer(port, from.address), from.port, from.address))
  socket.bind(port, host)
}
