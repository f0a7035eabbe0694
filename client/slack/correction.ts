import type { ModalView } from '@slack/types';
import { faultKind } from '../../model/diagnosis.js';
import type { FeedbackGiven } from '../../model/progress.js';
import { FAULT_TYPE_WORDS } from '../../model/wording.js';
import { LIMITS, oneLine } from '../intake/bounds.js';
import { readIncidentId, type ViewSubmission } from './payload.js';

/** The dialogue in which a person says what it really was. */
export const CORRECTION = 'faultline-correction';

const NOTE_LENGTH = 2_000;
const ELEMENT = 'given';

export function correctionView(incident: string): ModalView {
  return {
    type: 'modal',
    callback_id: CORRECTION,
    private_metadata: incident,
    title: { type: 'plain_text', text: 'What was it really?' },
    submit: { type: 'plain_text', text: 'Record' },
    close: { type: 'plain_text', text: 'Not now' },
    blocks: [
      {
        type: 'input',
        block_id: 'service',
        optional: true,
        label: { type: 'plain_text', text: 'Service where it began' },
        element: { type: 'plain_text_input', action_id: ELEMENT, max_length: LIMITS.name },
      },
      {
        type: 'input',
        block_id: 'faultKind',
        optional: true,
        label: { type: 'plain_text', text: 'Fault type' },
        element: {
          type: 'static_select',
          action_id: ELEMENT,
          options: faultKind.options.map((kind) => ({
            text: { type: 'plain_text', text: FAULT_TYPE_WORDS[kind] },
            value: kind,
          })),
        },
      },
      {
        type: 'input',
        block_id: 'note',
        optional: true,
        label: { type: 'plain_text', text: 'Note' },
        hint: {
          type: 'plain_text',
          text: 'Leave it all empty when you only know that the diagnosis was wrong.',
        },
        element: {
          type: 'plain_text_input',
          action_id: ELEMENT,
          multiline: true,
          max_length: NOTE_LENGTH,
        },
      },
    ],
  };
}

/** What the person filled in. @throws MalformedPayload */
export function correctionGiven({ view }: ViewSubmission): {
  incident: string;
  feedback: Omit<FeedbackGiven, 'by'>;
} {
  const given = (block: string) => view.state.values[block]?.[ELEMENT];
  const words = (block: string, length: number) => oneLine(given(block)?.value ?? '', length);
  return {
    incident: readIncidentId(view.private_metadata),
    feedback: {
      grade: 'wrong',
      service: words('service', LIMITS.name) || null,
      faultKind: faultKind.safeParse(given('faultKind')?.selected_option?.value).data ?? null,
      note: words('note', NOTE_LENGTH),
    },
  };
}
