import type { SlackAction } from '../../model/slack-actions.js';
import type { Incidents } from '../incidents.js';
import { LIMITS, oneLine } from '../intake/bounds.js';
import type { Click, SlackUser } from './payload.js';

export type SteeredIncidents = Pick<Incidents, 'acknowledge' | 'giveFeedback' | 'rerun'>;

/** Who clicked, as records name people: the name tells readers, the id tells people of one name apart. */
export function personOf({ id, name, username }: SlackUser): string {
  const called = oneLine(name ?? username ?? '', LIMITS.name);
  const slackId = oneLine(id, LIMITS.name);
  return called === '' ? `Slack ${slackId}` : `${called} (Slack ${slackId})`;
}

/**
 * Does what a button says. Answers what to tell the person who clicked. Done twice it is as if it were done once:
 * an incident that is acknowledged is acknowledged, and the last feedback counts.
 */
export async function steer(
  incidents: SteeredIncidents,
  { action_id, value }: Click,
  by: string,
): Promise<string> {
  await STEERS[action_id](incidents, value, by);
  return DONE[action_id];
}

const NO_CORRECTION = { service: null, faultKind: null, note: '' };

const STEERS: Record<SlackAction, (incidents: SteeredIncidents, id: string, by: string) => Promise<unknown>> =
  {
    'faultline-acknowledge': (incidents, id, by) => incidents.acknowledge(id, { by }),
    'faultline-right': (incidents, id, by) =>
      incidents.giveFeedback(id, { grade: 'right', ...NO_CORRECTION, by }),
    'faultline-wrong': (incidents, id, by) =>
      incidents.giveFeedback(id, { grade: 'wrong', ...NO_CORRECTION, by }),
    'faultline-rerun': (incidents, id, by) => incidents.rerun(id, { by }),
  };

const DONE: Record<SlackAction, string> = {
  'faultline-acknowledge': 'Acknowledged. The message will say so in a moment.',
  'faultline-right': 'Recorded: the diagnosis was right.',
  'faultline-wrong':
    'Recorded: the diagnosis was wrong. What it was instead can still be said with `faultline feedback`.',
  'faultline-rerun': 'Rerun requested. The message changes when another conclusion comes of it.',
};
