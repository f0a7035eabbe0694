import { z } from 'zod';
import { moment } from '../moment.js';
import { anyText, someText, text } from '../shapes.js';

/** What Amazon SNS posts to an HTTPS subscription. Which keys are signed depends on the type. */
export const snsEnvelope = z.object(
  {
    Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'], {
      error: 'expected "Notification", "SubscriptionConfirmation" or "UnsubscribeConfirmation"',
    }),
    MessageId: someText,
    TopicArn: someText,
    Subject: text.nullish(),
    Message: text,
    Timestamp: someText,
    SignatureVersion: z.enum(['1', '2'], { error: 'expected "1" or "2"' }),
    Signature: someText,
    SigningCertURL: someText,
    Token: text.nullish(),
    SubscribeURL: text.nullish(),
  },
  { error: "expected SNS' envelope, a JSON object: leave raw message delivery off" },
);
export type SnsEnvelope = z.infer<typeof snsEnvelope>;

const dimensions = z
  .array(z.object({ name: text, value: text }))
  .nullish()
  .catch([]);

/** A CloudWatch alarm in an envelope's `Message`: of a metric, of a formula over several (`Metrics`), or of other alarms. */
export const cloudwatchAlarm = z.object({
  AlarmName: someText,
  AlarmArn: anyText,
  AlarmDescription: anyText,
  AWSAccountId: anyText,
  Region: anyText,
  NewStateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA'], {
    error: 'expected "OK", "ALARM" or "INSUFFICIENT_DATA"',
  }),
  NewStateReason: anyText,
  StateChangeTime: moment,
  Trigger: z
    .object({
      MetricName: anyText,
      Namespace: anyText,
      Dimensions: dimensions,
      Metrics: z
        .array(
          z.object({
            Label: anyText,
            MetricStat: z
              .object({
                Metric: z.object({ MetricName: anyText, Namespace: anyText, Dimensions: dimensions }),
              })
              .nullish()
              .catch(null),
          }),
        )
        .nullish()
        .catch([]),
    })
    .nullish()
    .catch(null),
});
export type CloudwatchAlarm = z.infer<typeof cloudwatchAlarm>;
