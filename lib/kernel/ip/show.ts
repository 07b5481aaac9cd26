import { LINK_GROUP } from '../../values/names.ts'
import type { Host } from '../host.ts'

interface LinkJson {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly master?: string
  readonly ifalias?: string
  readonly address?: string
  readonly linkinfo?: { readonly info_kind?: string }
  readonly addr_info: readonly {
    readonly family: string
    readonly local: string
    readonly prefixlen: number
  }[]
}

/** A link of ours, as it is. */
export interface OwnLink {
  readonly name: string
  readonly kind: string
  readonly up: boolean
  readonly master: string | undefined
  readonly mac: string
  /** CIDR */
  readonly addresses: readonly string[]
}

/**
 * Every link in our group that also has an alias of ours. We require both marks, so that we take no foreign
 * link for ours.
 */
export async function ownLinks(host: Host): Promise<OwnLink[]> {
  const listing = await host.show('ip', ['-j', '-d', 'addr', 'show', 'group', String(LINK_GROUP)])
  return (JSON.parse(listing || '[]') as LinkJson[])
    .filter(({ ifname, ifalias }) => ifname !== undefined && ifalias?.startsWith('sluice/'))
    .map((link) => ({
      name: link.ifname,
      kind: link.linkinfo?.info_kind ?? '',
      up: link.flags.includes('UP'),
      master: link.master,
      mac: link.address ?? '',
      addresses: link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    }))
}
