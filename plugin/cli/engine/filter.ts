import { UsageError } from '../usage-error.ts'
import type { EndpointView, NetworkView } from './view.ts'

/** What `--filter` may name, and what each means. */
export const FILTERS = {
  container: "part of a container's name, or the beginning of its id: other containers are left out",
  dangling: '`true`: networks without containers; `false`: the others',
  driver: "the driver's name",
  id: "part of a network's id",
  label: "a label of the network's, `KEY` or `KEY=VALUE`",
  name: "part of a network's name, or a regular expression",
  network: "a network's name, or the beginning of its id",
} as const

type Name = keyof typeof FILTERS

/** Values by name: one of each must fit, of labels all. */
export type Filters = Partial<Readonly<Record<Name, readonly string[]>>>

const isName = (text: string): text is Name => Object.hasOwn(FILTERS, text)

/** @throws {UsageError} */
export function parseFilters(texts: readonly string[]): Filters {
  const filters: Partial<Record<Name, string[]>> = {}
  for (const text of texts) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    const name = key.trim().toLowerCase()
    if (name === '')
      throw new UsageError(`invalid argument "${text}" for "-f, --filter" flag: expected NAME=VALUE`)
    if (!isName(name))
      throw new UsageError(`invalid filter '${name}': expected one of ${Object.keys(FILTERS).join(', ')}`)
    if (name === 'dangling' && !/^(true|false|1|0)$/i.test(value))
      throw new UsageError(`invalid filter 'dangling=${value}': expected true or false`)
    filters[name] = [...(filters[name] ?? []), value.trim()]
  }
  return filters
}

/** What is left of the networks. Pure. */
export function filterNetworks(networks: readonly NetworkView[], filters: Filters): readonly NetworkView[] {
  const { container } = filters
  const kept = networks.filter((network) =>
    Object.entries(TESTS).every(([name, fits]) => {
      const values = filters[name as Name]
      if (!values) return true
      const one = (value: string): boolean => fits(network, value)
      return name === 'label' ? values.every(one) : values.some(one)
    }),
  )
  if (!container) return kept
  return kept.flatMap((network) => {
    const endpoints = network.endpoints.filter((one) => container.some((value) => isContainer(one, value)))
    return endpoints.length > 0 ? [{ ...network, endpoints }] : []
  })
}

/** As the engine compares names: equal, or found by the regular expression. */
function matches(text: string, value: string): boolean {
  if (text.includes(value)) return true
  try {
    return new RegExp(value).test(text)
  } catch {
    return false
  }
}

const TESTS: Readonly<Record<Exclude<Name, 'container'>, (network: NetworkView, value: string) => boolean>> =
  {
    dangling: ({ endpoints }, value) => (endpoints.length === 0) === /^(true|1)$/i.test(value),
    driver: ({ driver }, value) => driver === value || driver === `${value}:latest`,
    id: ({ id }, value) => id.includes(value),
    label: ({ labels = {} }, value) => {
      const [, key = value, wanted] = /^([^=]*)=(.*)$/s.exec(value) ?? []
      return Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted)
    },
    name: ({ name }, value) => matches(name, value),
    network: ({ name, id }, value) => name === value || (value !== '' && id.startsWith(value)),
  }

const isContainer = ({ name, container = '', id }: EndpointView, value: string): boolean =>
  matches(name, value) || (value !== '' && [container, id].some((one) => one.startsWith(value)))
