import { z } from 'zod';
import { httpUrl, secret } from '../primitives.js';
import { sinkBase } from './base.js';

export const pagerdutySink = z
  .strictObject({
    type: z.literal('pagerduty'),
    ...sinkBase,
    /** Notes on the PagerDuty incident that rang. */
    notes: z
      .strictObject({
        /** REST API key that may write. */
        token: secret,
        /** E-mail address of the PagerDuty user in whose name the notes are. */
        from: z.email(),
        /** Base address of the REST API; of EU accounts `https://api.eu.pagerduty.com`. */
        url: httpUrl.default('https://api.pagerduty.com'),
      })
      .optional(),
    /** Rings PagerDuty for incidents that did not come from there. */
    events: z
      .strictObject({
        /** Integration key of an Events API v2 integration. */
        routingKey: secret,
        /** Address of the Events API; of EU accounts `https://events.eu.pagerduty.com/v2/enqueue`. */
        url: httpUrl.default('https://events.pagerduty.com/v2/enqueue'),
      })
      .optional(),
  })
  .refine(({ notes, events }) => notes !== undefined || events !== undefined, {
    message: 'expected notes, events or both',
  });
export type PagerdutySinkConfig = z.infer<typeof pagerdutySink>;
