/**
 * A port of a service: text or a number in a file as people write it, an object in the canonical form
 * (compose-spec).
 */
export type ComposePort =
  | string
  | number
  | {
      readonly target: number
      /** a port of the host, or a range to choose from */
      readonly published?: string | number
      readonly host_ip?: string
      readonly protocol?: string
    }

export type Words = Readonly<Record<string, unknown>>

/** The part of a Compose file that networks are made of, in its canonical form (compose-spec). */
export interface ComposeFile {
  readonly networks?: Readonly<Record<string, ComposeNetwork | null>>
  readonly services?: Readonly<Record<string, ComposeService>>
}

export interface ComposeService {
  /** such as `host`: on no network of the file */
  readonly network_mode?: string
  readonly networks?: ServiceNetworks
  readonly ports?: readonly ComposePort[]
}

export interface ComposeNetwork {
  readonly name?: string
  readonly driver?: string
  readonly driver_opts?: Words
  readonly external?: boolean
  readonly internal?: boolean
  readonly enable_ipv6?: boolean
  readonly ipam?: { readonly config?: readonly { readonly subnet?: string }[] }
}

/** A service's networks, by the key that each has in the file. */
export type Attachments = Readonly<
  Record<string, { readonly driver_opts?: Words; readonly gw_priority?: number } | null>
>

/** A list in a file as people write it, a map in the canonical form. */
export type ServiceNetworks = readonly string[] | Attachments
