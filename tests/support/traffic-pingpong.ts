// A program: one byte there and back over TCP, as often as it goes.
//
//     node traffic-pingpong.ts serve PORT
//     node traffic-pingpong.ts ask PORT ADDRESS SECONDS
//
// `ask` writes a JSON array of round trips: when each began, ms since 1970, and how long it took, ms.
import { connect, createServer } from 'node:net'

const [role, port, address, seconds] = process.argv.slice(2)

if (role === 'serve')
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  }).listen(Number(port), '0.0.0.0')
else ask()

function ask(): void {
  const trips: [number, number][] = []
  const socket = connect({ port: Number(port), host: address ?? '', noDelay: true })
  let began = 0
  const send = () => {
    began = performance.now()
    socket.write('x')
  }
  socket.on('connect', send)
  socket.on('data', () => {
    trips.push([performance.timeOrigin + began, performance.now() - began])
    send()
  })
  setTimeout(() => {
    socket.destroy()
    process.stdout.write(JSON.stringify(trips))
  }, Number(seconds) * 1000)
}
