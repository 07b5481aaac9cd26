import { ExecaError } from 'execa'

/**
 * What an engine or a driver says when it refuses, without what only one of them, or only this run, would
 * say.
 */
export function refusalText(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string }
  const text = (stderr || message || String(error)).trim()
  return (text.split('\n').find((line) => line.trim() !== '' && !/^\s*Unable to find image/.test(line)) ?? '')
    .replace(/^docker: /, '')
    .replace(/^Error response from daemon: /, '')
    .trim()
}

/**
 * Whether something was accepted. A refusal counts as the same whatever its words, save for the facts that it
 * must name.
 *
 * @param names what the text must have, by what it is called: `{ 'the port': /8080/ }`
 */
export async function attempt(
  work: () => Promise<unknown>,
  names: Readonly<Record<string, RegExp | string>> = {},
): Promise<string> {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    const text = refusalText(error)
    const named = Object.entries(names).filter(([, word]) =>
      typeof word === 'string' ? text.includes(word) : word.test(text),
    )
    return ['refused', ...named.map(([what]) => `names ${what}`)].join(', ')
  }
}
