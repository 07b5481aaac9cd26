import { formatBoth, formatMeasured, NONE } from './format.ts'
import { formatDrops, notesOf, type Row } from './rows.ts'

interface Field {
  readonly header: string
  readonly meaning: string
  readonly of: (row: Row, whole: boolean) => string
}

/** Digits of an id that are shown where all of it is not asked for, as Docker's commands show them. */
export const shortId = (id: string, whole = false): string => (whole ? id : id.slice(0, 12))

const words = (options: Readonly<Record<string, string>>): string =>
  Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')

/** What a template of `ls` and `watch` may name, in the order in which help and docs list it. */
export const FIELDS = {
  Name: {
    header: 'NETWORK/CONTAINER',
    meaning: 'as `set` and `inspect` take it: NETWORK or NETWORK/CONTAINER',
    of: ({ kind, network, endpoint }) =>
      kind === 'uplink'
        ? `${network.name} (uplink)`
        : [network.name, ...(endpoint ? [endpoint.name] : [])].join('/'),
  },
  Type: { header: 'TYPE', meaning: '`network`, `uplink` or `container`', of: ({ kind }) => kind },
  Network: { header: 'NETWORK', meaning: "the network's name", of: ({ network }) => network.name },
  Container: {
    header: 'CONTAINER',
    meaning: "the container's name; empty for a network and its uplink",
    of: ({ endpoint }) => endpoint?.name ?? '',
  },
  ID: {
    header: 'ID',
    meaning: 'of the network, or of the endpoint; 12 digits unless `--no-trunc` is given',
    of: ({ network, endpoint }, whole) => shortId(endpoint?.id ?? network.id, whole),
  },
  ContainerID: {
    header: 'CONTAINER ID',
    meaning: 'the same of the container',
    of: ({ endpoint }, whole) => shortId(endpoint?.container ?? '', whole),
  },
  Driver: { header: 'DRIVER', meaning: 'as the engine calls it', of: ({ network }) => network.driver ?? '' },
  Rate: {
    header: 'RATE',
    meaning: 'the cap: one text where both directions have the same, else UP/DOWN',
    of: ({ up, down }) => formatBoth(up.cap, down.cap),
  },
  RateUp: { header: 'RATE UP', meaning: 'what it may send', of: ({ up }) => up.cap },
  RateDown: { header: 'RATE DOWN', meaning: 'what it may receive', of: ({ down }) => down.cap },
  Now: {
    header: 'NOW',
    meaning: 'measured, UP/DOWN',
    of: ({ up, down }) => formatBoth(formatMeasured(up.measured), formatMeasured(down.measured)),
  },
  NowUp: { header: 'NOW UP', meaning: 'what it sends', of: ({ up }) => formatMeasured(up.measured) },
  NowDown: {
    header: 'NOW DOWN',
    meaning: 'what it receives',
    of: ({ down }) => formatMeasured(down.measured),
  },
  Delay: { header: 'DELAY', meaning: 'one way, and ± jitter', of: ({ delay }) => delay },
  Loss: { header: 'LOSS', meaning: 'configured', of: ({ loss }) => loss },
  Drops: {
    header: 'DROPS',
    meaning: 'packets dropped, by cause: `limit`, `loss`, `link`',
    of: ({ drops }) => formatDrops(drops),
  },
  Ports: { header: 'PORTS', meaning: 'published', of: ({ ports }) => ports.join(', ') },
  Addresses: {
    header: 'ADDRESSES',
    meaning: "the container's addresses, or the network's subnets",
    of: ({ network, endpoint }) => (endpoint?.addresses ?? network.subnets).join(','),
  },
  Link: {
    header: 'LINK',
    meaning: "host end of the container's link, or the network's bridge",
    of: ({ network, endpoint }) => endpoint?.link ?? network.bridge,
  },
  Options: {
    header: 'OPTIONS',
    meaning: 'those of its own',
    of: ({ network, endpoint }) => words(endpoint?.options ?? network.options),
  },
  Saturated: {
    header: 'SATURATED',
    meaning: '`up`, `down`, `up,down`: the directions that are at their limit',
    of: ({ up, down }) => [...(up.saturated ? ['up'] : []), ...(down.saturated ? ['down'] : [])].join(','),
  },
  Notes: {
    header: 'NOTES',
    meaning: 'what else there is to know',
    of: (row) => notesOf(row).join('; '),
  },
} as const satisfies Readonly<Record<string, Field>>

/** A row as templates see it. @param whole ids in full */
export const fieldsOf = (row: Row, whole: boolean): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries<Field>(FIELDS).map(([name, { of }]) => {
      const value = of(row, whole)
      return [name, value === NONE ? '' : value]
    }),
  )

export const FIELD_HEADERS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FIELDS).map(([name, { header }]) => [name, header]),
)
