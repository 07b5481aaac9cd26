import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Place, type Running, startIn } from '../traffic-place.ts'

/** What servers listen on, TCP and UDP, IPv4 and IPv6. */
export const PORTS = [80, 81, 82] as const

// $NAME is what the server calls itself, on $PORT. The request is read first: who hangs up on unread data
// takes the answer back.
const answer = `#!/bin/sh
read -r request
echo "$NAME:$PORT sees $SOCAT_PEERADDR" | tee -a "\${HEARD:-/dev/null}"
`

/** What a server in a container has answered so far, a line each: the answer may have got lost on its way. */
export const HEARD = '/tmp/heard'

const listen = (protocol: 'tcp' | 'udp', port: number, program: string): string[] => [
  'socat',
  '-t',
  '2',
  // A datagram of no length tells the asker that there is no more to come.
  protocol === 'tcp'
    ? `TCP6-LISTEN:${port},ipv6only=0,fork,reuseaddr`
    : `UDP6-RECVFROM:${port},ipv6only=0,fork,reuseaddr,shut-null`,
  `EXEC:${program}`,
]

/** What a container of the image `socat` runs to be a server. */
export const serving: readonly string[] = [
  'sh',
  '-c',
  [
    'trap exit TERM',
    `export HEARD=${HEARD}`,
    `printf '%s' '${answer}' >/tmp/answer`,
    'chmod +x /tmp/answer',
    ...PORTS.flatMap((port) => [
      `PORT=${port} ${listen('udp', port, '/tmp/answer').join(' ')} &`,
      `PORT=${port} ${listen('tcp', port, '/tmp/answer').join(' ')} &`,
    ]),
    'wait',
  ].join('\n'),
]

/** The same server on port 80 of a place that is no container. */
export function serveIn(place: Place, name: string, dir: string): Running[] {
  const program = join(dir, `answer-${name}`)
  mkdirSync(dir, { recursive: true })
  writeFileSync(program, answer.replace('$NAME:$PORT', `${name}:80`), { mode: 0o755 })
  return (['tcp', 'udp'] as const).map((protocol) => startIn(place, listen(protocol, 80, program)))
}
