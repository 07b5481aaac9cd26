import { run as runProgram } from '../run.ts'
import type { Place } from '../traffic-place.ts'
import type { Roles } from './roles.ts'

export type Protocol = 'tcp' | 'udp'

/** A place that probes are sent from. */
export interface Station {
  /**
   * One request, to a server of `serve.ts`: `srv:80 sees lan` says who answered and whom it took the request
   * from. Else `refused`, `unreachable`, `timeout`, or `no answer` over a connection that was made.
   */
  dial(address: string, port: number, protocol?: Protocol): Promise<string>
  /** What the server answers, as it says it; an error's text if none does. */
  ask(address: string, port: number): Promise<string>
  /** `pong` or `silence`. */
  ping(address: string): Promise<string>
  /** The stdout of a program of this machine's. @throws {ExecaError} */
  run(...argv: string[]): Promise<string>
}

/** @param find where the station is now: a container that was started again is somewhere else */
export function stationAt(find: () => Promise<Place>, roles: Roles): Station {
  const run = async (argv: readonly string[], input = '') =>
    runProgram([...(await find()).prefix, ...argv], { timeout: 10_000, input })
  return {
    dial: (address, port, protocol = 'tcp') =>
      insist(['timeout', 'no answer'], () =>
        run(request(address, port, protocol), 'x\n').then(
          (answer) => heard(answer, roles) ?? (protocol === 'tcp' ? 'no answer' : 'timeout'),
          (error: Error) => failure(error.message),
        ),
      ),
    ask: (address, port) => run(request(address, port, 'tcp'), 'x\n').catch((error: Error) => error.message),
    ping: (address) =>
      insist(['silence'], () =>
        run(['busybox', 'ping', '-c', '1', '-W', '1', address]).then(
          () => 'pong',
          () => 'silence',
        ),
      ),
    run: (...argv) => run(argv),
  }
}

function request(address: string, port: number, protocol: Protocol): string[] {
  const host = address.includes(':') ? `[${address}]` : address
  const target = protocol === 'tcp' ? `TCP:${host}:${port},connect-timeout=1` : `UDP:${host}:${port},null-eof`
  return ['socat', '-t', '1', '-', target]
}

/** Asks again before it believes in silence: two cores are shared with whatever else runs. */
async function insist(silence: readonly string[], ask: () => Promise<string>): Promise<string> {
  const first = await ask()
  return silence.includes(first) ? ask() : first
}

/** A server's answer without what only this run has: its name in full, and the address. */
export function heard(answer: string, roles: Roles): string | undefined {
  const [, who, port, address = ''] = /^([\w-]+?)(?:-\d+-\d+)?(:\d+) sees (\S+)$/m.exec(answer) ?? []
  // Until its own address has passed duplicate address detection, a bridge's packets come from some other
  // bridge's.
  return who && `${who}${port} sees ${roles.of(address).replace(/^gateway of \w+6$/, 'an IPv6 gateway')}`
}

function failure(message: string): string {
  if (/Connection refused/.test(message)) return 'refused'
  if (/Connection timed out/.test(message)) return 'timeout'
  if (/unreachable|No route to host|Cannot assign requested/.test(message)) return 'unreachable'
  if (/Connection reset|Broken pipe/.test(message)) return 'no answer'
  throw new Error(message)
}
