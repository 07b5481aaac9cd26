import type { Patch } from './patch.ts'

/**
 * From version to version of NetworkSpec and EndpointSpec (lib/model/), oldest first: the first takes version
 * 1 to 2. A new version is a new file beside this one and an entry here, never a changed one, and is tested
 * on a recorded database.
 */
export const PATCHES: readonly Patch[] = []
