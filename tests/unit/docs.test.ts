import t from 'tap'
import { cliPage, writtenCliPage } from '../../docs/write-cli.ts'
import { optionsPage, writtenPage } from '../../docs/write-options.ts'

t.equal(writtenPage(), optionsPage(), 'docs/options.md is as the tables are; `npm run docs` writes it')
t.equal(writtenCliPage(), await cliPage(), 'docs/cli.md is as the commands are; `npm run docs` writes it')
