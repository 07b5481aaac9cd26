import t from 'tap'
import { optionsPage, writtenPage } from '../../docs/write-options.ts'

t.equal(writtenPage(), optionsPage(), 'docs/options.md is as the tables are; `npm run docs` writes it')
