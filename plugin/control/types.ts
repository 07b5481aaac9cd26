/** The plugin's control interface, as far as it is used here: `GET /v1/openapi.json` of a plugin describes all of it. */

export type Options = Readonly<Record<string, string>>

/** What one direction is held to, and its counters since the link was made. */
export interface Direction {
  /** bit/s; null where there is no cap */
  readonly rate: number | null
  /** microseconds */
  readonly delay: number
  /** microseconds */
  readonly jitter: number
  /** percent */
  readonly loss: number
  /** qdisc below the cap */
  readonly queue: string | null
  /** bit/s, over 0.1 to 10 s until it was read; null where nothing was read before */
  readonly measured: number | null
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  /** of these, by what dropped them: the queue under the cap, configured loss, a link without a shape */
  readonly dropped: { readonly limit: number; readonly loss: number; readonly link: number }
  /** bytes that wait */
  readonly backlog: number
  /** when it was read, ms since 1970 */
  readonly at: number
}

export interface Endpoint {
  readonly id: string
  /** its container's name, id, image and labels; absent while the engine has named none */
  readonly name?: string
  readonly container?: string
  readonly image?: string
  readonly labels?: Options
  /** changed by hand and kept for the container's name: a text sets, null takes back what it came with; absent if nothing is */
  readonly kept?: Change
  /** in the answer to a change alone: what that is kept by */
  readonly keptBy?: 'name' | 'endpoint'
  readonly network: string
  /** host end of the veth pair */
  readonly link: string
  readonly mac: string
  readonly addresses: readonly string[]
  /** published, as `docker ps` writes them: `0.0.0.0:8080->80/tcp`; absent if none */
  readonly ports?: readonly string[]
  /** the attachment's own */
  readonly options: Options
  /** in force, with the network's and the profile's */
  readonly effective: Options
  readonly up: Direction
  readonly down: Direction
  readonly faults: readonly string[]
}

/** A device, and what `tc -s` prints of it. */
export interface Tree {
  readonly device: string
  readonly text: readonly string[]
}

export interface Network {
  readonly id: string
  /** absent while the engine has named none */
  readonly name?: string
  /** whether the engine has it; absent while the engine is not followed */
  readonly known?: boolean
  readonly bridge: string
  readonly mtu: number
  readonly internal: boolean
  readonly subnets: readonly string[]
  readonly gateways: readonly string[]
  readonly options: Options
  readonly uplink?: { readonly up?: Direction; readonly down?: Direction }
  /** cap that the members share, bit/s */
  readonly shared?: { readonly rate: number }
  readonly faults: readonly string[]
  readonly endpoints: readonly Endpoint[]
  readonly tree?: readonly Tree[]
}

/** A network that was removed because its engine does not know it. */
export interface Pruned {
  readonly id: string
  readonly bridge: string
  /** how many went with it */
  readonly endpoints: number
}

export interface Profile {
  readonly name: string
  readonly summary: string
  readonly options: Options
  readonly source: string
}

export interface Health {
  readonly status: 'ok' | 'degraded'
  readonly version: string
  /** `followed`, or `not followed: ` and why */
  readonly engine: string
  /** versions of the programs that the plugin runs; null where one is missing */
  readonly tools?: Readonly<Record<string, string | null>>
  readonly capabilities: { readonly kernel: string; readonly iproute2: string; readonly nft: string }
  readonly faults: readonly string[]
}

export interface Explained {
  readonly commands: readonly string[]
  readonly notes: readonly string[]
}

export interface ExplainEndpoint {
  readonly name: string
  readonly options: Options
  /** as `docker run -p` takes them: `127.0.0.1:8080:80/tcp` */
  readonly ports?: readonly string[]
}

export interface ExplainRequest {
  readonly name: string
  readonly options: Options
  readonly endpoints: readonly ExplainEndpoint[]
  readonly subnets?: readonly string[]
  readonly ipv6?: boolean
  readonly internal?: boolean
}

/** A string sets, null unsets. */
export type Change = Readonly<Record<string, string | null>>
