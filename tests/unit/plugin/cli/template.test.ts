import t from 'tap'
import { formatRows, readFormat } from '../../../../plugin/cli/print/templates.ts'
import { readTemplate } from '../../../../plugin/cli/template/template.ts'

const DATA = {
  Name: 't',
  D: 'a Web app',
  S: 'héllo wörld',
  Empty: '',
  L: ['b', 'a', 'c'],
  N: [],
  M: { y: 'two', x: 'one' },
  T: true,
  F: false,
  Z: null,
  Deep: { A: { B: ['q', { c: 'd' }] } },
}

/**
 * What Docker's CLI 28.2 made of the same templates and data; tests/docker/templates.test.ts asks the CLI
 * that is there.
 */
const RECORDED: readonly (readonly [template: string, printed: string])[] = [
  ['{{.Name}} {{.T}} {{.Z}} {{.Empty}}|', 't true <no value> |'],
  ['{{.L}} {{.M}} {{.Deep}}', '[b a c] map[x:one y:two] map[A:map[B:[q map[c:d]]]]'],
  ['{{json .L}}{{json .M}}{{json .Z}}{{json "<a&b>"}}', '["b","a","c"]{"x":"one","y":"two"}null"<a&b>"'],
  ['{{upper .S}}|{{lower .S}}|{{title .S}}', 'HÉLLO WÖRLD|héllo wörld|Héllo Wörld'],
  ['{{title "it\'s a-b_c dé"}}', "It'S A-B_c Dé"],
  ['{{pad .Name 2 3}}|{{pad .Empty 2 3}}|', '  t   ||'],
  ['{{truncate .D 4}}|{{truncate .D 99}}', 'a We|a Web app'],
  ['{{join (split .D " ") "-"}}{{json (split .D " ")}}', 'a-Web-app["a","Web","app"]'],
  ['{{split "abc" ""}}{{json (split "" ",")}}', '[a b c][""]'],
  ['{{range .L}}<{{.}}>{{end}}', '<b><a><c>'],
  ['{{range $i, $v := .L}}{{$i}}={{$v}};{{end}}', '0=b;1=a;2=c;'],
  ['{{range $k, $v := .M}}{{$k}}:{{$v}} {{end}}', 'x:one y:two '],
  ['{{range .N}}x{{else}}none{{end}}', 'none'],
  ['{{range .L}}{{if eq . "a"}}{{continue}}{{end}}{{.}}{{end}}', 'bc'],
  ['{{range .L}}{{if eq . "a"}}{{break}}{{end}}{{.}}{{end}}', 'b'],
  ['{{if .F}}a{{else if .Empty}}b{{else}}c{{end}}{{if .T}}d{{end}}', 'cd'],
  ['{{with .M}}{{.x}}{{end}}{{with .N}}a{{else}}b{{end}}', 'oneb'],
  ['{{with .F}}a{{else with .T}}{{.}}{{end}}', 'true'],
  ['{{with $x := .Name}}{{$x}}{{.}}{{end}}', 'tt'],
  ['{{$x := .Name}}{{$x}}{{$x = "b"}}{{$x}}', 'tb'],
  ['{{index .L 1}}{{index .M "x"}}{{index .Deep "A" "B" 0}}{{(index .Deep.A.B 1).c}}', 'aoneqd'],
  ['{{index .M "none"}}', '<no value>'],
  ['{{len .L}} {{len .S}} {{len .M}}', '3 13 2'],
  ['{{slice .D 1 3}}{{slice .L 1}}', ' W[a c]'],
  ['{{printf "%s#%5s|%-5s|%q|%v" .Name "ab" "cd" "e\\"f" .L}}', 't#   ab|cd   |"e\\"f"|[b a c]'],
  ['{{printf "%d|%x|%05d|%+d|%5.1f|%t|%%" 12 "hi" 42 7 3.14159 true}}', '12|6869|00042|+7|  3.1|true|%'],
  ['{{printf "%d" "x"}}{{printf "%s"}}{{printf "a" 1}}', '%!d(string=x)%!s(MISSING)a%!(EXTRA int=1)'],
  ['{{print 1 2 "a" "b" 3 4}}{{println .Name "x" 1}}', '1 2ab3 4t x 1\n'],
  ['{{eq .Name "t"}}{{ne .Name "t"}}{{eq 1 2 3 1}}{{lt 1 2}}{{le "a" "a"}}', 'truefalsetruetruetrue'],
  ['{{and true "x"}}{{or "" "y"}}{{not 0}}{{and 1 0 2}}', 'xytrue0'],
  ['{{ .Name | upper | printf "%s!" }}{{( .Name | upper ) | lower}}', 'T!t'],
  ['a {{- .Name -}} b|a{{/* c */}}b {{- /* d */ -}} c', 'atb|abc'],
  ['{{"a\\tb\\u00e9\\x41"}}{{`raw\\n`}}', 'a\tbéAraw\\n'],
  ["{{1}} {{1.5}} {{0x10}} {{'a'}}", '1 1.5 16 97'],
]

t.test('templates print what Docker prints', async (t) => {
  for (const [template, printed] of RECORDED) t.equal(readTemplate(template).run(DATA), printed, template)
})

t.test('what Docker refuses is refused', async (t) => {
  for (const [template, message] of [
    ['{{.Name', /unclosed action/],
    ['{{"a}}', /unterminated quoted string/],
    ['{{if .Name}}x', /unexpected EOF/],
    ['{{if}}x{{end}}', /missing value/],
    ['{{end}}', /unexpected \{\{end}}/],
    ['{{break}}', /outside \{\{range}}/],
    ['{{nope .Name}}', /function "nope" not defined/],
    ['{{$y}}', /undefined variable "\$y"/],
    ['{{if true}}{{$y := 1}}{{end}}{{$y}}', /undefined variable/],
    ['{{.Name.X}}', /can't evaluate field X in type string/],
    ['{{.Name "x"}}', /has arguments but cannot be invoked/],
    ['{{"a" "b"}}', /can't give argument/],
    ['{{eq 1 "a"}}', /incompatible types/],
    ['{{eq .L .L}}', /non-comparable/],
    ['{{lt true false}}', /invalid type for comparison/],
    ['{{upper 1}}', /expected string; got int/],
    ['{{join .Name ","}}', /expected slice; got string/],
    ['{{len 3}}', /len of type int/],
    ['{{index .L 9}}', /out of range/],
    ['{{index .Z 0}}', /untyped nil/],
    ['{{ne 1 2 3}}', /wrong number of args for ne: want 2 got 3/],
    ['{{range .T}}{{end}}', /can't iterate over true/],
    ['{{truncate "ab" -1}}', /negative/],
    ['{{nil}}', /nil is not a command/],
    ['{{define "x"}}{{end}}', /not supported/],
  ] as const)
    t.throws(() => readTemplate(template).run(DATA), { name: 'TemplateError', message }, template)
})

t.test('a name that a row has not is refused with those that it has; a map may lack a key', async (t) => {
  const row = { Rate: '1mbit', Options: { a: 'b' } }
  t.throws(() => readTemplate('{{.Rat}}').run(row), {
    message: `template parsing error: can't evaluate field Rat: expected one of Options, Rate (in "{{.Rat}}")`,
  })
  t.equal(readTemplate('{{.Options.none}}').run(row), '<no value>')
})

t.test('--format is read as Docker reads it', async (t) => {
  const rows = [
    { Name: 'web', Rate: '10mbit' },
    { Name: 'a-long-name', Rate: '' },
  ]
  const headers = { Name: 'NAME', Rate: 'RATE' }
  const print = (text: string): string => {
    const format = readFormat(text)
    if (format.kind !== 'template') return format.kind
    return formatRows(format, rows, headers)
  }
  for (const [text, printed] of [
    ['', 'table'],
    ['table', 'table'],
    ['json', 'json'],
    ['{{.Name}}', 'web\na-long-name\n'],
    [' {{.Name}}\\t{{.Rate}} ', 'web\t10mbit\na-long-name\t\n'],
    ['{{.Name}}\\n', 'web\n\na-long-name\n\n'],
    ['{{json .}}', '{"Name":"web","Rate":"10mbit"}\n{"Name":"a-long-name","Rate":""}\n'],
    ['table {{.Name}}\\t{{upper .Rate}}', 'NAME          RATE\nweb           10MBIT\na-long-name\n'],
    ['table {{.Rate}}: {{.Name}}', 'RATE: NAME\n10mbit: web\n: a-long-name\n'],
  ] as const)
    t.equal(print(text), printed, text)
})
