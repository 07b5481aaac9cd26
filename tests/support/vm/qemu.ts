import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { ensurePackages } from '../packages.ts'
import { cleanEnv } from '../run.ts'
import type { VmImage } from './image.ts'

/** A running qemu. */
export interface Machine {
  readonly pid: number
  /** The far end of the agent's serial port. */
  readonly input: Writable
  readonly output: Readable
  /** Calls back once, at the end, with the last of what the kernel and qemu said. */
  onEnd(heard: (lastWords: string) => void): void
  readonly console: () => string
}

// Emulated, even where it could be faster, so that a test meets the same machine everywhere. Without -cx16
// the kernel panics in every second boot: qemu 7.2 gets cmpxchg16b wrong. With a thread for each processor
// one panics in some hundred: before qemu 8.1 a processor may still meet the breakpoint by which the kernel
// changes its own code after that is gone.
const hardware =
  '-accel tcg,thread=single -smp 2 -cpu max,-cx16 -m 2048 -nographic -nodefaults -no-reboot -nic none'
// A kernel that is in trouble ends the machine at once, and with it the test.
const kernelArgs = 'console=ttyS0 quiet panic=-1 oops=panic'

/**
 * Starts a machine that the kernel kills when this process ends, however it ends. What it writes to its disks
 * is lost.
 */
export async function startQemu(image: VmImage, supplies: string, dir: string): Promise<Machine> {
  await ensurePackages(['qemu-system-x86'])
  const log = join(dir, 'console.log')
  const disk = (file: string) => ['-drive', `file=${file},format=raw,if=virtio,snapshot=on`]
  const argv = [
    ...['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...hardware.split(' ')],
    ...['-kernel', image.kernel, '-initrd', image.initramfs, '-append', kernelArgs],
    ...[...disk(image.disk), ...disk(supplies)],
    ...['-serial', `file:${log}`],
    // Agent's words do not go where the kernel's go: a second, and much faster, port.
    ...['-chardev', 'stdio,id=agent,signal=off', '-device', 'virtio-serial'],
    ...['-device', 'virtserialport,chardev=agent,name=agent'],
  ]
  const child = spawn('setpriv', argv, { env: cleanEnv, stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '') + errors
  return {
    pid: child.pid ?? 0,
    input: child.stdin,
    output: child.stdout,
    onEnd: (heard) => child.once('close', () => heard(said().slice(-4000))),
    console: said,
  }
}
