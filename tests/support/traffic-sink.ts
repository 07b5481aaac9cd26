// A program: takes whatever TCP brings, from anybody.
//
//     node traffic-sink.ts PORT
import { createServer } from 'node:net'

createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.resume()
}).listen({ port: Number(process.argv[2]), host: '0.0.0.0', backlog: 1000 })
