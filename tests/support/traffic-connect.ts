// A program: TCP connections one after the other, each for one byte, as many as go.
//
//     node traffic-connect.ts serve PORT
//     node traffic-connect.ts ask PORT ADDRESS SECONDS
//
// `ask` writes how many µs one took, on average over the seconds after the first half.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

const [role, port, address = '', seconds] = process.argv.slice(2)

if (role === 'serve')
  createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end('x')
  }).listen(Number(port), '0.0.0.0')
else process.stdout.write(String(await ask(Number(seconds) * 1000)))

async function ask(lasts: number): Promise<number> {
  const started = performance.now()
  let [began, count] = [0, 0]
  for (let now = started; now < started + lasts; now = performance.now(), count++) {
    // What comes first is compiled still.
    if (began === 0 && now >= started + lasts / 2) [began, count] = [now, 0]
    // It resets what it closes: ports that wait (TIME_WAIT) would be used up soon.
    const socket = connect({ port: Number(port), host: address })
    await once(socket, 'data')
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  return ((performance.now() - began) * 1000) / count
}
