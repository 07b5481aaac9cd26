import { duration, NETWORK, NO_CAP, NONE, type Options, percent, rate } from '../option.ts'

/** What all members of a network have in common: its cap, and its way out. */
export const NETWORK_OPTIONS = {
  'network.rate': rate(
    NETWORK,
    NO_CAP,
    'one cap on what all members send: each is entitled to its `min`, and borrows what others leave in equal turns',
  ),
  'uplink.rate': rate(
    NETWORK,
    NO_CAP,
    'cap on what passes between the network and everything outside it, in each direction; traffic among members is not touched. An attachment’s own `rate.up`, and its part of `network.rate`, then hold for each of the two by itself',
  ),
  'uplink.rate.up': rate(
    NETWORK,
    '`uplink.rate`',
    'cap on what leaves the network; `uplink.up` is short for it',
  ),
  'uplink.rate.down': rate(
    NETWORK,
    '`uplink.rate`',
    'cap on what comes into the network; `uplink.down` is short for it',
  ),
  'uplink.delay': duration(NETWORK, NONE, 'one way, in each direction'),
  'uplink.jitter': duration(NETWORK, NONE, 'how far single packets’ delays differ from `uplink.delay`'),
  'uplink.loss': percent(NETWORK, NONE, 'packets lost at random, in each direction'),
} as const satisfies Options
