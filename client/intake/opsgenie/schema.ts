import { z } from 'zod';
import { anyMoment, anyText, anyTexts, id, someText } from '../shapes.js';

/** The outgoing webhook of Opsgenie and of Jira Service Management, which took it over. */
export const opsgeniePayload = z.object(
  {
    action: someText,
    alert: z.object(
      {
        alertId: id,
        /** When the alert was made, in milliseconds; the same in every message about it. */
        createdAt: anyMoment,
        message: anyText,
        alias: anyText,
        tinyId: anyText,
        entity: anyText,
        source: anyText,
        priority: anyText,
        tags: anyTexts,
        /** In the message of the creation alone, as is `details`. */
        description: anyText,
        details: z.unknown().optional(),
        updatedAt: anyMoment,
      },
      { error: 'expected an alert' },
    ),
  },
  { error: 'expected the payload of an outgoing webhook, a JSON object' },
);
export type OpsgeniePayload = z.infer<typeof opsgeniePayload>;
