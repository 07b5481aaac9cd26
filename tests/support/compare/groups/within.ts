import type { Net } from '../world.ts'

/** The last number of an address on a network; all of it when it is from elsewhere. */
export const within = (address: string, { prefix, prefix6 }: Pick<Net, 'prefix' | 'prefix6'>): string =>
  address.replace(`${prefix}.`, '.').replace(`${prefix6}::`, '::') || 'none'
