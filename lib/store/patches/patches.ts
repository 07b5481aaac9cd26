import type { Patch } from './patch.ts'

/**
 * Patches for NetworkSpec and EndpointSpec (lib/model/), oldest first: the first converts version 1 to 2. For
 * a new version add a file next to this one and an entry here, and test it on a recorded database. Never
 * change an old one.
 */
export const PATCHES: readonly Patch[] = []
