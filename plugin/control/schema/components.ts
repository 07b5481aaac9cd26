import { FEATURES, SEVERITIES } from '../../../lib/model/finding.ts'
import {
  type Component,
  component,
  flag,
  list,
  number,
  numberOrNull,
  object,
  oneOf,
  record,
  ref,
  request,
  type Schema,
  text,
  textOrNull,
  type Value,
} from './schema.ts'

/**
 * The schemas of the control interface. Fastify validates requests by them, OpenAPI shows them, and our types
 * derive from them.
 */

const optionsAs = (description: string): Schema<Options> => record({ type: 'string' }, description)
const options = optionsAs('options by key, as docs/options.md lists them')
export type Options = Readonly<Record<string, string>>

const limits = {
  rate: numberOrNull('cap, bit/s; null where there is none'),
  delay: number('microseconds, one way'),
  jitter: number('microseconds'),
  loss: number('percent, in the mean'),
  queue: textOrNull('qdisc that packets wait in'),
}

/** The limits of one direction. */
export const Limits = component('Limits', object(limits))
export type Limits = Value<typeof Limits>

/** The limits of one direction, and its counters since the link was created. */
export const Direction = component(
  'Direction',
  object({
    ...limits,
    measured: numberOrNull('bit/s, over 0.1 to 10 s until it was read; null where nothing was read before'),
    bytes: number('passed since it was made'),
    packets: number('passed since it was made'),
    drops: number('packets'),
    dropped: object({
      limit: number('of the drops, those of the queue under the cap: TCP finds its rate by them'),
      loss: number('those of configured loss'),
      link: number('those of a link without a shape'),
    }),
    backlog: number('bytes that wait'),
    at: number('when it was read, ms since 1970'),
  }),
)
export type Direction = Value<typeof Direction>

const changes = (description: string) => record<string | null>({ type: ['string', 'null'] }, description)
/** A string sets a key, null unsets it. */
export type Change = Value<ReturnType<typeof changes>>

const endpoint = {
  id: text("Docker's endpoint id"),
  name: text("its container's; absent while the engine has named none"),
  container: text("its container's id"),
  image: text("its container's"),
  labels: optionsAs("its container's"),
  kept: changes("changed by hand and kept for the container's name; null takes back what it came with"),
  network: text("Docker's network id"),
  link: text('host end of the veth pair'),
  mac: text("the container's"),
  addresses: list(text('IPv4 or IPv6, without prefix length')),
  ports: list(text('published, as `docker ps` writes them: 0.0.0.0:80-81->80-81/tcp')),
  options: optionsAs("the attachment's own options"),
  effective: optionsAs("in force: the network's, the profile's and the attachment's, by direction"),
  faults: list(text('what is not as it should be, in words')),
}
const NAMING = ['name', 'container', 'image', 'labels', 'kept', 'ports'] as const
const [SENT, RECEIVED] = ['what the container sends', 'what the container receives']

export const Endpoint = component(
  'Endpoint',
  object({ ...endpoint, up: ref(Direction, SENT), down: ref(Direction, RECEIVED) }, NAMING),
)
export type Endpoint = Value<typeof Endpoint>

/** A device, and what `tc -s` prints about it. */
const tree = object({ device: text('name'), text: list(text('as `tc -s` prints it')) })
export type Tree = Value<typeof tree>

const network = {
  id: text("Docker's network id"),
  name: text('absent while the engine has named none'),
  known: flag('the engine has it; absent while the engine is not followed'),
  bridge: text('its bridge'),
  mtu: number('bytes'),
  internal: flag(),
  subnets: list(text('CIDR')),
  gateways: list(text('CIDR')),
  options,
  shared: object({ rate: number('network.rate, bit/s') }),
  faults: list(text('what is not as it should be, in words')),
}

export const Network = component(
  'Network',
  object(
    {
      ...network,
      uplink: object({ up: ref(Direction), down: ref(Direction) }, ['up', 'down']),
      endpoints: list(ref(Endpoint)),
      tree: list(tree),
    },
    ['name', 'known', 'uplink', 'shared', 'tree'],
  ),
)
export type Network = Value<typeof Network>

export const Networks = component('Networks', object({ networks: list(ref(Network)) }))

/** A network that was removed because its engine does not know it. */
export const Pruned = component(
  'Pruned',
  object({
    id: text("Docker's network id"),
    bridge: text('its bridge'),
    endpoints: number('how many went with it'),
  }),
)
export type Pruned = Value<typeof Pruned>

export const ChangeRequest = component(
  'Change',
  request({ options: changes('a string sets a key, null unsets it') }),
)

/**
 * An attachment after a change. No counters: reading them would start more programs than the change itself.
 */
export const ChangedEndpoint = component(
  'ChangedEndpoint',
  object(
    {
      ...endpoint,
      up: ref(Limits, SENT),
      down: ref(Limits, RECEIVED),
      keptBy: oneOf(['name', 'endpoint'], 'what the change is kept by'),
      inherited: optionsAs("the network's options"),
      before: object({
        options: optionsAs('its own options before the change'),
        effective: optionsAs('in force before the change'),
      }),
    },
    NAMING,
  ),
)
export type ChangedEndpoint = Value<typeof ChangedEndpoint>

export const ChangedNetwork = component(
  'ChangedNetwork',
  object(
    {
      ...network,
      uplink: object({ up: ref(Limits), down: ref(Limits) }, ['up', 'down']),
      before: object({ options: optionsAs('its options before the change') }),
    },
    ['name', 'known', 'uplink', 'shared'],
  ),
)
export type ChangedNetwork = Value<typeof ChangedNetwork>

const profile = object({
  name: text('value of `link`'),
  summary: text('one line'),
  options,
  source: text('of the numbers'),
})
export type Profile = Value<typeof profile>
export const Profiles = component('Profiles', object({ profiles: list(profile) }))

/** A problem that was not repaired. */
export const HealthFinding = component(
  'Finding',
  object(
    {
      feature: oneOf(FEATURES, 'what found it'),
      object: text('what it is about: link sv-3f2a…, bridge sl-c1…'),
      fault: text('a sentence'),
      severity: oneOf(SEVERITIES, 'error: something that was asked for is not in force'),
      since: number('when it was first found, ms since 1970'),
      network: text("Docker's network id, where it concerns one network"),
      endpoint: text("Docker's endpoint id, where it concerns one attachment"),
    },
    ['network', 'endpoint'],
  ),
)
export type HealthFinding = Value<typeof HealthFinding>

export const Health = component(
  'Health',
  object({
    status: oneOf(['ok', 'degraded']),
    version: text('of the plugin'),
    engine: text('`followed`, or `not followed: ` and why'),
    uptime: number('seconds'),
    networks: number('how many'),
    endpoints: number('how many'),
    repairs: number('differences on the host that were repaired since the start'),
    faults: list(text('what is wrong and was not repaired, a sentence each')),
    findings: list(ref(HealthFinding), 'the same as faults, with what each is about'),
    tools: record<string | null>(
      { type: ['string', 'null'] },
      'versions of the programs that the plugin runs; null where one is missing',
    ),
    capabilities: object({
      kernel: text('release'),
      iproute2: text('version'),
      nft: text('version'),
      qdiscs: record<boolean>({ type: 'boolean' }),
      seed: flag('netem takes a seed'),
      missing: list(text('kernel modules that some option needs')),
    }),
  }),
)
export type Health = Value<typeof Health>

const explainEndpoint = request(
  {
    name: text("the attachment's"),
    options,
    ports: list(text('as `docker run -p` takes them: 127.0.0.1:8080:80/tcp')),
  },
  ['ports'],
)
export type ExplainEndpoint = Value<typeof explainEndpoint>

export const ExplainRequest = component(
  'ExplainRequest',
  request(
    {
      name: { ...text("the network's"), minLength: 1 },
      options,
      endpoints: list(explainEndpoint),
      subnets: list(text('CIDR'), 'an example where none is given'),
      ipv6: flag('an example subnet where none is given'),
      internal: flag(),
    },
    ['subnets', 'ipv6', 'internal'],
  ),
)
export type ExplainRequest = Value<typeof ExplainRequest>

export const Explained = component(
  'Explained',
  object({
    commands: list(text('as it could be typed')),
    notes: list(text('what else there is to know')),
  }),
)
export type Explained = Value<typeof Explained>

export const Failure = component(
  'Error',
  object({
    error: object(
      {
        code: oneOf(['invalid', 'invalid_option', 'unsupported', 'not_found', 'conflict', 'failed']),
        message: text('for a person'),
        option: text('the option at fault'),
      },
      ['option'],
    ),
  }),
)

/** In the order in which the description lists them. */
export const COMPONENTS: readonly Component[] = [
  Limits,
  Direction,
  Endpoint,
  Network,
  Networks,
  Pruned,
  ChangeRequest,
  ChangedEndpoint,
  ChangedNetwork,
  Profiles,
  HealthFinding,
  Health,
  ExplainRequest,
  Explained,
  Failure,
]
