import { evaluate } from './evaluate.ts'
import { FUNCTIONS, HEADER_FUNCTIONS } from './functions.ts'
import { TemplateError } from './lex.ts'
import { parseTemplate } from './parse.ts'

export interface Template {
  /** @throws {TemplateError} naming the template */
  run(data: unknown): string
  /** The line above a table: the same with every function of Docker's leaving its text as it is. */
  runHeader(headers: Readonly<Record<string, string>>): string
}

/**
 * Reads a template in the language of Go's text/template, with the functions that Docker adds to it.
 *
 * @throws {TemplateError}
 * @see https://docs.docker.com/engine/cli/formatting/
 */
export function readTemplate(template: string): Template {
  const telling = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      throw new TemplateError(`template parsing error: ${error.message} (in "${template}")`, { cause: error })
    }
  }
  const nodes = telling(() => parseTemplate(template))
  return {
    run: (data) => telling(() => evaluate(nodes, data, FUNCTIONS)),
    runHeader: (headers) => telling(() => evaluate(nodes, headers, HEADER_FUNCTIONS)),
  }
}
