import { z } from 'zod';
import { anyMoment, anyText, id } from '../shapes.js';

const labelled = z
  .object({ type: anyText, displayName: anyText, labels: z.unknown().optional() })
  .nullish()
  .catch(null);

/** Google Cloud Monitoring's webhook, schema 1.2. Fields that are not listed are ignored, most may be missing. */
export const googleCloudPayload = z.object(
  {
    /** `test` when somebody tries the channel. */
    version: anyText,
    incident: z.object(
      {
        incident_id: id,
        state: z.string({ error: 'expected "open" or "closed"' }).toLowerCase(),
        started_at: anyMoment,
        ended_at: anyMoment,
        policy_name: anyText,
        condition_name: anyText,
        summary: anyText,
        severity: anyText,
        url: anyText,
        scoping_project_id: anyText,
        resource: labelled,
        metric: labelled,
        metadata: z.object({ user_labels: z.unknown().optional() }).nullish().catch(null),
        policy_user_labels: z.unknown().optional(),
        documentation: z.object({ content: anyText }).nullish().catch(null),
      },
      { error: 'expected an incident' },
    ),
  },
  { error: "expected Cloud Monitoring's payload, a JSON object" },
);
export type GoogleCloudIncident = z.infer<typeof googleCloudPayload>['incident'];
