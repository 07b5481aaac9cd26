import { type Tools, unfitTools } from '../lib/kernel/tools.ts'
import { type Finding, unrepaired } from '../lib/model/finding.ts'

/** Programs that are missing or too old. */
export const toolFindings = (tools: Tools): Finding[] =>
  unfitTools(tools).map((fault) => ({ ...unrepaired('program', fault), feature: 'tools' }))
