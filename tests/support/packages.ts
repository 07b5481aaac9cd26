import { run } from './run.ts'

/**
 * Installs what is missing of these Debian packages.
 *
 * @throws {ExecaError} when apt-get cannot; the message has its output
 */
export async function ensurePackages(names: readonly string[]): Promise<void> {
  const missing: string[] = []
  for (const name of names) if (!(await isInstalled(name))) missing.push(name)
  if (missing.length === 0) return
  const apt = ['apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300']
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 }
  await run([...apt, 'update'], options)
  await run([...apt, 'install', '--no-install-recommends', ...missing], options)
}

async function isInstalled(name: string): Promise<boolean> {
  const status = await run(['dpkg-query', '--status', name]).catch(() => '')
  return /^Status: install ok installed$/m.test(status)
}
