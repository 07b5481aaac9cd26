import { PROTOCOL_NUMBERS } from '../../values/protocols.ts'
import type { CommandError } from '../command-error.ts'
import type { Host } from '../host.ts'
import { type ListedChain, listedWords } from './chain.ts'

/** A table of ours as nft lists it. */
export interface ListedTable {
  /** each in the words of chainWords() */
  readonly chains: readonly string[]
  /** elements by the name of their set or map, in nft's syntax but without quotes */
  readonly sets: ReadonlyMap<string, readonly string[]>
}

interface TableJson {
  readonly nftables: readonly {
    readonly set?: SetJson
    readonly map?: SetJson
    readonly chain?: Omit<ListedChain, 'marks'>
    readonly rule?: { readonly chain: string; readonly comment?: string }
  }[]
}
interface SetJson {
  readonly name: string
  readonly elem?: readonly unknown[]
}

/** @returns undefined when there is no such table */
export async function listTable(
  host: Host,
  family: 'inet' | 'bridge',
  table: string,
): Promise<ListedTable | undefined> {
  const listing = await host
    .show('nft', ['-j', 'list', 'table', family, table])
    .catch((error: CommandError) => {
      if (error.failure === 'missing') return undefined
      throw error
    })
  if (listing === undefined) return undefined
  const { nftables } = JSON.parse(listing) as TableJson
  const marksIn = (name: string) =>
    nftables.flatMap(({ rule }) => (rule?.chain === name ? [rule.comment] : []))
  return {
    chains: nftables.flatMap(({ chain }) =>
      chain ? [listedWords({ ...chain, marks: marksIn(chain.name) })] : [],
    ),
    sets: new Map(
      nftables.flatMap(({ set, map }) => {
        const found = set ?? map
        return found ? [[found.name, (found.elem ?? []).map(elementText)]] : []
      }),
    ),
  }
}

/** nft prints protocols by name if it can look them up (/etc/protocols). */
const NUMBERS: Readonly<Record<string, number>> = PROTOCOL_NUMBERS

/** Converts an element from JSON (libnftables-json(5)): a map's element is a pair of key and value. */
function elementText(json: unknown): string {
  if (Array.isArray(json)) return json.map(elementText).join(' : ')
  if (typeof json !== 'object' || json === null) return String(NUMBERS[String(json)] ?? json)
  const { concat, prefix } = json as { concat?: unknown[]; prefix?: { addr: string; len: number } }
  if (concat) return concat.map(elementText).join(' . ')
  return prefix ? `${prefix.addr}/${prefix.len}` : JSON.stringify(json)
}
