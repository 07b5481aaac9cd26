import { familyOf } from '../../../values/families.ts'
/** Where a published port leads: the container's addresses, at least one, and its port. */
export interface Target {
  readonly address4?: string | undefined
  readonly address6?: string | undefined
  readonly port: number
}

/** The container's address for a client: of the same family if it has one, as our rules would choose. */
export function towards(from: string, { address4, address6 }: Target): string {
  const isSix = familyOf(from) === 6 && !from.startsWith('::ffff:')
  return (isSix ? (address6 ?? address4) : (address4 ?? address6)) ?? ''
}
