import { supplies } from './supplies.ts'
import type { Vm } from './vm.ts'

/**
 * Speaks to the product's control interface in the machine. One process a call takes most of a second there.
 */
export interface Control {
  /** @throws {VmCommandError} with the interface's own message */
  get<T>(path: string): Promise<T>
  /** Sets options of a network, or of one of its attachments; null unsets. */
  set(network: string, options: Record<string, string | null>, endpoint?: string): Promise<void>
  /** Sets them one after the other in one process, round and round. @returns ms that all of them took */
  setMany(path: string, options: readonly Record<string, string | null>[], times: number): Promise<number>
}

const program = `
import { request } from 'node:http'
const [socketPath, method, path, text, times = '1'] = process.argv.slice(2)
const call = (body) => new Promise((resolve, reject) => {
  const sent = request({ socketPath, method, path }, (answer) => {
    let all = ''
    answer.on('data', (part) => { all += part }).on('end', () =>
      answer.statusCode === 200 ? resolve(all) : reject(new Error(all)))
  }).on('error', reject)
  sent.end(body)
})
const bodies = text === undefined ? [undefined] : JSON.parse(text).map((options) => JSON.stringify({ options }))
const started = performance.now()
let last = ''
for (let time = 0; time < Number(times); time++) last = await call(bodies[time % bodies.length])
console.log(method === 'GET' ? last : Math.round(performance.now() - started))
`

const file = '/tmp/control.mjs'

/** @param socket of the product, in the machine */
export async function openControl(vm: Vm, socket: string): Promise<Control> {
  await vm.put(program, file)
  const call = (...args: string[]) =>
    vm.run([supplies.node, '--max-semi-space-size=1', file, socket, ...args], { timeout: 600_000 })
  const setMany: Control['setMany'] = async (path, options, times) =>
    Number(await call('PATCH', path, JSON.stringify(options), String(times)))
  return {
    get: async (path) => JSON.parse(await call('GET', path)),
    setMany,
    set: async (network, options, endpoint) => {
      const member = endpoint === undefined ? '' : `/endpoints/${endpoint}`
      await setMany(`/v1/networks/${network}${member}/options`, [options], 1)
    },
  }
}
