/** JSON Schema (2020-12) of what the control interface takes and gives; OpenAPI 3.1 is made of it. */
export interface Schema {
  readonly [key: string]: unknown
}

const text = (description: string): Schema => ({ type: 'string', description })
const number = (description: string): Schema => ({ type: 'number', description })
const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description ? { description } : {}),
})
const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
})
/** What is sent to us: a field that is not known is a mistake. */
const request = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  ...object(properties, optional),
  additionalProperties: false,
})
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const options: Schema = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'options by key, as docs/options.md lists them',
}

/** The named parts, by which the routes refer to them. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Direction: object({
    rate: { type: ['number', 'null'], description: 'cap, bit/s; null where there is none' },
    delay: number('microseconds, one way'),
    jitter: number('microseconds'),
    loss: number('percent, in the mean'),
    queue: { type: ['string', 'null'], description: 'qdisc that packets wait in' },
    measured: {
      type: ['number', 'null'],
      description: 'bit/s, over 0.1 to 10 s until it was read; null where nothing was read before',
    },
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
  Endpoint: object(
    {
      id: text("Docker's endpoint id"),
      name: text("its container's; absent while the engine has named none"),
      container: text("its container's id"),
      image: text("its container's"),
      labels: { ...options, description: "its container's" },
      kept: {
        type: 'object',
        additionalProperties: { type: ['string', 'null'] },
        description: "changed by hand and kept for the container's name; null takes back what it came with",
      },
      keptBy: { type: 'string', enum: ['name', 'endpoint'], description: 'of a change: what it is kept by' },
      network: text("Docker's network id"),
      link: text('host end of the veth pair'),
      mac: text("the container's"),
      addresses: list(text('IPv4 or IPv6, without prefix length')),
      ports: list(text('published, as `docker ps` writes them: 0.0.0.0:80-81->80-81/tcp')),
      options: { ...options, description: "the attachment's own options" },
      effective: {
        ...options,
        description: "in force: the network's, the profile's and the attachment's, by direction",
      },
      up: { ...ref('Direction'), description: 'what the container sends' },
      down: { ...ref('Direction'), description: 'what the container receives' },
      faults: list(text('what is not as it should be, in words')),
    },
    ['name', 'container', 'image', 'labels', 'kept', 'keptBy', 'ports'],
  ),
  Network: object(
    {
      id: text("Docker's network id"),
      name: text('absent while the engine has named none'),
      known: { type: 'boolean', description: 'the engine has it; absent while the engine is not followed' },
      bridge: text('its bridge'),
      mtu: number('bytes'),
      internal: { type: 'boolean' },
      subnets: list(text('CIDR')),
      gateways: list(text('CIDR')),
      options,
      uplink: object({ up: ref('Direction'), down: ref('Direction') }, ['up', 'down']),
      shared: object({ rate: number('network.rate, bit/s') }),
      faults: list(text('what is not as it should be, in words')),
      endpoints: list(ref('Endpoint')),
      tree: list(object({ device: text('name'), text: list(text('as `tc -s` prints it')) })),
    },
    ['name', 'known', 'uplink', 'shared', 'tree'],
  ),
  Networks: object({ networks: list(ref('Network')) }),
  Pruned: object({
    id: text("Docker's network id"),
    bridge: text('its bridge'),
    endpoints: number('how many went with it'),
  }),
  Change: request({
    options: {
      type: 'object',
      additionalProperties: { type: ['string', 'null'] },
      description: 'a string sets a key, null unsets it',
    },
  }),
  Profiles: object({
    profiles: list(
      object({
        name: text('value of `link`'),
        summary: text('one line'),
        options,
        source: text('of the numbers'),
      }),
    ),
  }),
  Health: object({
    status: { type: 'string', enum: ['ok', 'degraded'] },
    version: text('of the plugin'),
    engine: text('`followed`, or `not followed: ` and why'),
    uptime: number('seconds'),
    networks: number('how many'),
    endpoints: number('how many'),
    repairs: number('differences that were set right since the start'),
    faults: list(text('what could not be set right when it was last looked at, and what will not do')),
    tools: {
      type: 'object',
      additionalProperties: { type: ['string', 'null'] },
      description: 'versions of the programs that the plugin runs; null where one is missing',
    },
    capabilities: object({
      kernel: text('release'),
      iproute2: text('version'),
      nft: text('version'),
      qdiscs: { type: 'object', additionalProperties: { type: 'boolean' } },
      seed: { type: 'boolean', description: 'netem takes a seed' },
      missing: list(text('kernel modules that some option needs')),
    }),
  }),
  ExplainRequest: request(
    {
      name: { ...text("the network's"), minLength: 1 },
      options,
      endpoints: list(
        request(
          {
            name: text("the attachment's"),
            options,
            ports: list(text('as `docker run -p` takes them: 127.0.0.1:8080:80/tcp')),
          },
          ['ports'],
        ),
      ),
      subnets: list(text('CIDR'), 'an example where none is given'),
      ipv6: { type: 'boolean', description: 'an example subnet where none is given' },
      internal: { type: 'boolean' },
    },
    ['subnets', 'ipv6', 'internal'],
  ),
  Explained: object({
    commands: list(text('as it could be typed')),
    notes: list(text('what else there is to know')),
  }),
  Error: object({
    error: object(
      {
        code: {
          type: 'string',
          enum: ['invalid', 'invalid_option', 'unsupported', 'not_found', 'conflict', 'failed'],
        },
        message: text('for a person'),
        option: text('the option at fault'),
      },
      ['option'],
    ),
  }),
}
