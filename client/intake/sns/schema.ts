import { z } from 'zod';
import { labelsFrom } from '../labels.js';
import { anyMoment, anyText, anyTexts, someText, text } from '../shapes.js';

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

const alarmState = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA'], {
  error: 'expected "OK", "ALARM" or "INSUFFICIENT_DATA"',
});

/**
 * A CloudWatch alarm in an envelope's `Message`: of a metric, of a formula over several (`Metrics`), or of other
 * alarms.
 */
export const cloudwatchAlarm = z.object({
  AlarmName: someText,
  AlarmArn: anyText,
  AlarmDescription: anyText,
  AWSAccountId: anyText,
  Region: anyText,
  NewStateValue: alarmState,
  NewStateReason: anyText,
  StateChangeTime: anyMoment,
  /** Of an alarm of other alarms: those that set it off, by their ARN. */
  TriggeringChildren: z
    .array(z.object({ Arn: someText, State: z.object({ Value: alarmState }) }))
    .nullish()
    .catch([]),
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

/** The same alarm as EventBridge passes it on, also to an SNS topic: `CloudWatch Alarm State Change`. */
export const eventBridgeAlarm = z.object({
  account: anyText,
  region: anyText,
  time: anyMoment,
  resources: anyTexts,
  detail: z.object(
    {
      alarmName: someText,
      state: z.object(
        { value: alarmState, reason: anyText, timestamp: anyMoment },
        { error: 'expected a state' },
      ),
      configuration: z
        .object({
          description: anyText,
          metrics: z
            .array(
              z.object({
                label: anyText,
                metricStat: z
                  .object({
                    metric: z.object({
                      name: anyText,
                      namespace: anyText,
                      dimensions: z.unknown().optional().transform(labelsFrom),
                    }),
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
    },
    { error: "expected the event's detail" },
  ),
});

/** An alarm of EventBridge in the form that CloudWatch itself sends. */
export function alarmOfEvent(event: z.infer<typeof eventBridgeAlarm>): CloudwatchAlarm {
  const { account, region, time, resources, detail } = event;
  const { alarmName, state, configuration } = detail;
  return {
    AlarmName: alarmName,
    AlarmArn: resources.find((arn) => arn.includes(':alarm:')),
    AlarmDescription: configuration?.description,
    AWSAccountId: account,
    Region: region,
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: state.timestamp ?? time,
    Trigger: {
      MetricName: undefined,
      Namespace: undefined,
      Dimensions: [],
      Metrics: (configuration?.metrics ?? []).map(({ label, metricStat }) => ({
        Label: label,
        MetricStat: metricStat && {
          Metric: {
            MetricName: metricStat.metric.name,
            Namespace: metricStat.metric.namespace,
            Dimensions: Object.entries(metricStat.metric.dimensions).map(([name, value]) => ({
              name,
              value,
            })),
          },
        },
      })),
    },
  };
}
