import { createSocket } from 'node:dgram'

// A name server that knows no name: run in a place with addresses of that place, it answers every question at
// those with NXDOMAIN (RFC 1035, section 4.1.1).
const NXDOMAIN = 0x8183

// One socket for each address: an answer has to come from where the question went.
for (const own of process.argv.slice(2)) {
  const socket = createSocket('udp4')
  socket.on('message', (question, { address, port }) => {
    const answer = Buffer.from(question)
    answer.writeUInt16BE(NXDOMAIN, 2)
    socket.send(answer, port, address)
  })
  socket.bind(53, own)
}
