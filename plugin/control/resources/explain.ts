import { explain } from '../explain/explain.ts'
import { type Control, type ControlRequest, resource } from '../route.ts'
import { Explained, ExplainRequest } from '../schema/components.ts'

export const explanations = [
  resource({
    method: 'POST',
    path: '/v1/explain',
    summary: 'What a network would make of the host; nothing is touched',
    body: ExplainRequest,
    answer: Explained,
    handle: explainNetwork,
  }),
]

function explainNetwork(control: Control, { body }: ControlRequest<ExplainRequest>): Promise<Explained> {
  return explain(body, control)
}
