import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from '../cleanups.ts'
import { newName, sweep } from '../leftovers.ts'
import { killNow } from '../processes.ts'
import type { RunOptions } from '../run.ts'
import { type Channel, openChannel, type Remote } from './channel.ts'
import { vmImage } from './image.ts'
import { type Machine, startQemu } from './qemu.ts'
import { makeSupplies } from './supplies.ts'

/**
 * A virtual machine with a stock Debian kernel, without a network. What happens in it takes ten times as long
 * as outside.
 */
export interface Vm {
  /**
   * Runs a program in the machine to its end and gives its stdout, less a last newline. Several may run at a
   * time.
   *
   * @throws {VmCommandError} on any other end than exit status 0, and after `timeout` (2 minutes when left
   * out)
   * @throws {Error} when the machine dies, with the end of its console
   */
  run(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Starts a program that stays. */
  spawn(argv: readonly string[], options?: RunOptions): Remote
  /** Writes a file of the machine's. */
  put(text: string, path: string): Promise<void>
  /** What its kernel has said. */
  console(): string
  /** Takes the power from it. Twice is fine. */
  stop(): void
}

/** A program in the machine has failed. */
export class VmCommandError extends Error {
  override readonly name = 'VmCommandError'
  /** Exit status, or the signal that ended it, or why it was not started. */
  readonly status: number | string
  readonly stdout: string
  readonly stderr: string

  constructor(argv: readonly string[], status: number | string, stdout: string, stderr: string) {
    super(`${argv.join(' ')}: ${status}: ${stderr || stdout}`)
    this.status = status
    this.stdout = stdout
    this.stderr = stderr
  }
}

/**
 * Boots a machine. It goes when the process ends, if it was not stopped before.
 *
 * @throws {Error} when it is not up within 2 minutes, with the end of its console
 */
export async function startVm(): Promise<Vm> {
  sweep()
  const image = await vmImage()
  const dir = join(tmpdir(), newName())
  mkdirSync(dir)
  const removeDir = atExit(() => rmSync(dir, { recursive: true, force: true }))
  const machine = await startQemu(image, await makeSupplies(dir), dir)
  const channel = openChannel(machine.output, machine.input)
  const powerOff = atExit(() => {
    killNow(machine.pid)
    removeDir()
  })
  machine.onEnd((lastWords) => channel.fail(new Error(`the virtual machine died: …${lastWords}`)))
  const stop = () => {
    channel.fail(new Error('the virtual machine was stopped'))
    powerOff()
  }
  const late = sleep(120_000, undefined, { ref: false }).then(() => {
    throw new Error(`no word from the virtual machine: …${machine.console().slice(-4000)}`)
  })
  try {
    await Promise.race([channel.ready, late])
  } catch (error) {
    stop()
    throw error
  }
  return describe(channel, machine, stop)
}

function describe(channel: Channel, machine: Machine, stop: () => void): Vm {
  const spawn = (argv: readonly string[], { env = {}, cwd = '/', input = '' }: RunOptions = {}) =>
    channel.start(argv, env, cwd, input)
  const run = async (argv: readonly string[], options: RunOptions = {}) => {
    const { timeout = 120_000 } = options
    const program = spawn(argv, options)
    let late = ''
    const timer = setTimeout(() => {
      late = ` after ${timeout / 1000} s`
      program.signal('SIGKILL')
    }, timeout)
    try {
      const { status, stdout, stderr } = await program.ended
      if (status !== 0) throw new VmCommandError(argv, late ? status + late : status, stdout, stderr)
      return stdout.replace(/\n$/, '')
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    run,
    spawn,
    put: async (text, path) => {
      await run(['tee', path], { input: text })
    },
    console: machine.console,
    stop,
  }
}
