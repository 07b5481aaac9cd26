import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../values/errors.ts'

/** Files below /proc, as the host's programs see them. */
export interface ProcFiles {
  /** undefined if there is no such file */
  read(path: string): Promise<string | undefined>
  /** @returns why it cannot be written, or undefined */
  write(path: string, value: string): Promise<string | undefined>
}

/** The files of this process's own namespaces. */
export const ownFiles: ProcFiles = {
  read: (path) => readFile(path, 'utf8').catch(() => undefined),
  write: (path, value) =>
    writeFile(path, value).then(
      () => undefined,
      (error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' ? 'No such file or directory' : messageOf(error),
    ),
}

/**
 * Sets one key.
 *
 * @param root a writable path to /proc/sys/net
 * @param line `KEY=VALUE`; as in sysctl.d(5), `-` before the key ignores a missing one
 * @returns why it cannot be set, or undefined
 */
export async function setSysctl(files: ProcFiles, root: string, line: string): Promise<string | undefined> {
  const [written = '', value = ''] = line.split('=')
  const path = join(root, written.replace(/^-/, ''))
  // Writing takes a lock that all links share, even if the value stays the same.
  if ((await files.read(path))?.trim() === value) return undefined
  const refused = await files.write(path, value)
  return written.startsWith('-') && refused?.includes('No such file') ? undefined : refused
}
