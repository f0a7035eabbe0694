import { z } from 'zod';
import { slackAction } from '../../model/slack-actions.js';
import { isWholeId } from '../incident-ids.js';
import { parseJson } from '../intake/json.js';
import { readBody } from '../intake/malformed.js';

const text = z.string({ error: 'expected text' });

const user = z.object(
  { id: text.min(1, { error: "expected a user's id" }), name: text.optional(), username: text.optional() },
  { error: 'expected a user' },
);
export type SlackUser = z.infer<typeof user>;

const incidentId = text.refine(isWholeId, { error: "expected an incident's whole id" });

/** A click on a button of ours. Whatever else may be clicked in a message is of no concern. */
const click = z.object({ action_id: slackAction, value: incidentId });
export type Click = z.infer<typeof click>;

const blockActions = z.object({
  type: z.literal('block_actions'),
  user,
  /** Opens a dialogue, for three seconds. */
  trigger_id: text.optional(),
  /** Where the person who clicked can be answered. */
  response_url: text.optional(),
  actions: z.array(z.unknown(), { error: 'expected a list of actions' }).transform((actions) =>
    actions.flatMap((action) => {
      const ours = z.object({ action_id: slackAction }).safeParse(action).success;
      return ours ? [readBody(click, action)] : [];
    }),
  ),
});

const input = z.object({
  value: text.nullish(),
  selected_option: z.object({ value: text }).nullish(),
});

const viewSubmission = z.object({
  type: z.literal('view_submission'),
  user,
  view: z.object({
    callback_id: text,
    private_metadata: text,
    /** By block and by element. */
    state: z.object({ values: z.record(z.string(), z.record(z.string(), input)) }),
  }),
});
export type ViewSubmission = z.infer<typeof viewSubmission>;

const interaction = z.discriminatedUnion('type', [blockActions, viewSubmission]);
export type Interaction = z.infer<typeof interaction>;

const anyInteraction = z.object({ type: text }, { error: 'expected an interaction' });

/**
 * Reads the form that Slack posts. Null for an interaction of a kind that nothing of ours asks for.
 *
 * @throws MalformedPayload
 */
export function readInteraction(body: Buffer): Interaction | null {
  const form = new URLSearchParams(body.toString('utf8'));
  const payload = parseJson(form.get('payload') ?? '', 'the form field payload');
  const { type } = readBody(anyInteraction, payload);
  if (type !== 'block_actions' && type !== 'view_submission') return null;
  return readBody(interaction, payload);
}

/** @throws MalformedPayload */
export function readIncidentId(value: string): string {
  return readBody(incidentId, value);
}
