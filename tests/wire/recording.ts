import { OPTIONS } from '../../plugin/options/table.ts'

/** A line of tests/wire/*.jsonl that is a call. */
export interface Call {
  readonly call: string
  readonly body: Readonly<Record<string, unknown>>
  readonly answer?: Readonly<Record<string, unknown>>
  readonly status?: number
  /** not a byte in the body */
  readonly empty?: boolean
  /** why we refuse it, where we do */
  readonly refused?: string
}

const BODILESS = /^Plugin\.|\.(GetCapabilities|GetDefaultAddressSpaces)$/

/** The calls of a recording, in order, each with why it must be refused, where it must. */
export function readRecording(text: string): Call[] {
  const live = new Set<unknown>()
  let replaying = false
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('{"call"') ? [JSON.parse(line) as Call] : []))
    .map((call) => {
      const pool = call.call === 'IpamDriver.RequestPool' ? call.answer?.PoolID : undefined
      replaying = (pool === undefined ? replaying : live.has(pool)) && /\.Request/.test(call.call)
      if (pool !== undefined) live.add(pool)
      if (call.call === 'IpamDriver.ReleasePool') live.delete(call.body.PoolID)
      if (call.empty && !BODILESS.test(call.call))
        return { ...call, refused: 'a broken call, repeated without its body' }
      return replaying
        ? { ...call, refused: 'asked again after a restart, as RequiresRequestReplay wants, which we do not' }
        : call
    })
}

/**
 * Puts our pool ids and addresses in the place of those that the recording plugin had answered, learning them
 * as the replay goes along, and leaves out options that are not in our table.
 */
export function translator() {
  const ours = new Map<string, string>()
  const options = new Set<string>()
  const swap = (value: unknown): unknown => {
    if (typeof value === 'string') return ours.get(value) ?? value
    if (Array.isArray(value)) return value.map(swap)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, swap(inner)]))
  }
  const known = (given: object): object =>
    Object.fromEntries(
      Object.entries(given).flatMap(([key, value]) => {
        if (key === GENERIC) return [[key, known(value as object)]]
        if (key.startsWith('com.docker.') || Object.hasOwn(OPTIONS, key)) return [[key, value]]
        options.add(key)
        return []
      }),
    )
  return {
    /** names of the options that were left out */
    options,
    translate: ({ call, body }: Call): object => {
      const { Options, ...rest } = swap(body) as { Options?: object | null }
      if (Options === undefined || Options === null || call.endsWith('RequestAddress'))
        return { ...rest, ...(Options === undefined ? {} : { Options }) }
      return { ...rest, Options: known(Options) }
    },
    learn: ({ answer = {} }: Call, got: Readonly<Record<string, unknown>>): void => {
      for (const key of ['PoolID', 'Pool', 'Address']) note(ours, answer[key], got[key])
    },
  }
}

const GENERIC = 'com.docker.network.generic'

/** An address is spoken of with its prefix length and without. */
function note(ours: Map<string, string>, recorded: unknown, got: unknown): void {
  if (typeof recorded !== 'string' || typeof got !== 'string') return
  ours.set(recorded, got)
  if (!recorded.startsWith('pool')) ours.set(recorded.split('/')[0] as string, got.split('/')[0] as string)
}

const UNDO: Readonly<Record<string, string>> = {
  'NetworkDriver.CreateNetwork': 'NetworkDriver.DeleteNetwork',
  'IpamDriver.RequestPool': 'IpamDriver.ReleasePool',
}

/**
 * Where the recording plugin had made up an error, the engine went on as if nothing was there. We have no
 * error to answer with, so what we made is taken back by this call, which the recording has not.
 */
export function afterMadeUpError({ call, status, answer = {} }: Call): string | undefined {
  const failed = status !== 200 || 'Err' in answer || 'Error' in answer
  return failed ? UNDO[call] : undefined
}
