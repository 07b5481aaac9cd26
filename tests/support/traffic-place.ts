import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Engine } from './engine.ts'
import { cleanEnv, ended, run } from './run.ts'

/** A network namespace to run this machine's programs in: a container's, a host's. */
export interface Place {
  /** What stands before the program. */
  readonly prefix: readonly string[]
}

export const hostPlace = ({ host }: Engine): Place => ({
  prefix: ['nsenter', `--net=/run/netns/${host.name}`, '--'],
})

/** A running container's network, without anything of the container's in the way. */
export async function containerPlace({ docker, host }: Engine, container: string): Promise<Place> {
  const { NetworkSettings } = await docker.getContainer(container).inspect()
  // Said as the engine sees it, where /var/run is a link that would lead out of its root from here.
  const key = NetworkSettings.SandboxKey.replace(/^\/var\/run\//, '/run/')
  return { prefix: ['nsenter', `--net=${host.root()}${key}`, '--'] }
}

/** Runs a program to its end and gives its stdout. @throws {ExecaError} */
export const runIn = ({ prefix }: Place, argv: readonly string[], timeout = 60_000): Promise<string> =>
  run([...prefix, ...argv], { timeout })

/** A program that runs in a place. It dies with this process. */
export interface Running {
  /** Its stdout, once it has ended. @throws {Error} it failed, with what it wrote */
  output(): Promise<string>
  /** A file of its `/proc`: those below `net/` are of its place. @throws {Error} it has ended */
  proc(file: string): string
  kill(): Promise<void>
}

export function startIn({ prefix }: Place, argv: readonly string[]): Running {
  // Each of these execs the next, so the process id is the program's own.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...prefix, ...argv], {
    env: { ...cleanEnv },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = Promise.all([text(child.stdout), text(child.stderr), ended(child)])
  return {
    async output() {
      const [stdout, stderr] = await written
      if (child.exitCode === 0) return stdout
      throw new Error(`${argv.join(' ')}: ${child.signalCode ?? child.exitCode}: ${stderr}${stdout}`)
    },
    proc: (file) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8'),
    async kill() {
      child.kill('SIGKILL')
      await ended(child)
    },
  }
}
