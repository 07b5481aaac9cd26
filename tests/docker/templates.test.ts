import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { readTemplate } from '../../plugin/cli/template/template.ts'

/**
 * Numbers are left out: Docker's client decodes those of JSON as its own kind, which compares with no other.
 */
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 2 }, tie('text'), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
  text: fc.string({
    unit: fc.constantFrom('a', 'B', 'é', ' ', '-', '_', "'", '1', ',', '.', '網'),
    maxLength: 12,
  }),
  list: fc.array(tie('any'), { maxLength: 4 }),
  map: fc.dictionary(fc.constantFrom('A', 'B', 'C'), tie('any'), { maxKeys: 3 }),
})).any

/** What a template is made of: each reads `.A`, `.B`, `.S` (a text) or `.L` (a list of anything). */
const PARTS = [
  '{{.A}}',
  '{{json .A}}',
  '{{json .B}}|{{.B}}',
  '{{upper .S}}{{lower .S}}{{title .S}}',
  '{{pad .S 1 2}}|{{len .S}}',
  '{{join (split .S "-") "+"}}',
  '{{json (split .S ",")}}{{split .S " "}}',
  '{{truncate .S 99}}',
  '{{if .A}}yes{{else if .B}}maybe{{else}}no{{end}}',
  '{{with .B}}<{{.}}>{{else}}none{{end}}',
  '{{range $i, $v := .L}}{{$i}}:{{$v}} {{else}}empty{{end}}',
  '{{range .L}}{{if .}}{{.}}{{else}}{{continue}}{{end}}{{end}}',
  '{{len .L}}{{and .A .B}}{{or .A .B}}{{not .A}}',
  '{{eq .S "a"}}{{ne .S .S}}{{lt .S "b"}}{{ge .S "a"}}',
  '{{printf "%s|%8s|%-8s|%q|%v|%5t" .S .S .S "x" .L true}}',
  '{{printf "%v %v" .A .B}}{{println .S .A}}{{print .S .B "x"}}',
  ' a {{- .S -}} b {{/* nothing */ -}} ',
  '{{$x := .S}}{{range .L}}{{$x = "y"}}{{end}}{{$x | upper | printf "%s!"}}',
  '{{index .L 0}}',
  '{{slice .L 1}}',
  '{{.S.A}}',
  '{{upper .A}}',
]

t.test('templates print what the Docker client on this machine prints', async (t) => {
  const config = t.testdir()
  const folder = `${config}/contexts/meta/${createHash('sha256').update('t').digest('hex')}`
  mkdirSync(folder, { recursive: true })
  /** What is in a context's metadata reaches a template as it is, and no engine is asked. */
  const docker = async (template: string, data: object): Promise<string | undefined> => {
    const context = { Name: 't', Metadata: data, Endpoints: { docker: { Host: 'unix:///nowhere' } } }
    writeFileSync(`${folder}/meta.json`, JSON.stringify(context))
    const within = `{{with .Metadata.Metadata.AdditionalFields}}${template}{{end}}`
    const args = ['context', 'inspect', 't', '--format', within]
    const env = { PATH: process.env.PATH, DOCKER_CONFIG: config }
    return promisify(execFile)('docker', args, { env }).then(
      ({ stdout }) => stdout,
      () => undefined,
    )
  }
  const ours = (template: string, data: object): string | undefined => {
    try {
      return `${readTemplate(template).run(data)}\n`
    } catch {
      return undefined
    }
  }
  const data = fc.record({
    A: value,
    B: value,
    S: fc.string({ maxLength: 12 }),
    L: fc.array(value, { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 3 }),
      data,
      async (parts, given) => {
        const template = parts.join('')
        t.equal(ours(template, given), await docker(template, given), template)
      },
    ),
    { numRuns: 150 },
  )
})
