import { present } from '../labels.js';
import { notAnAlert, type Item } from '../reading.js';
import { shortHash } from '../signal.js';
import type { CloudwatchAlarm } from './schema.js';

/** Dimensions that name what others call the service, the most telling first. */
const SERVICE_DIMENSIONS = [
  'service',
  'Service',
  'service.name',
  'ServiceName',
  'FunctionName',
  'ApiName',
  'DBInstanceIdentifier',
  'DBClusterIdentifier',
  'CacheClusterId',
  'TableName',
  'QueueName',
  'TopicName',
  'TargetGroup',
  'LoadBalancer',
  'LoadBalancerName',
  'AutoScalingGroupName',
  'InstanceId',
];

/** The signal of an alarm that went to ALARM, or back to OK; none while it has too little data to say either. */
export function itemOf(alarm: CloudwatchAlarm): Item {
  if (alarm.NewStateValue === 'INSUFFICIENT_DATA') return notAnAlert('an alarm with insufficient data');
  const { AlarmName: name, Region: region = '', AWSAccountId: account = '' } = alarm;
  const identity = ['cloudwatch', alarm.AlarmArn ?? [account, region, name].join(':')].join('\n');
  const dimensions = dimensionsOf(alarm);
  const children = childrenOf(alarm);
  const metrics = [alarm.Trigger, ...(alarm.Trigger?.Metrics ?? []).map((one) => one.MetricStat?.Metric)];
  return {
    source: 'sns',
    name,
    summary: alarm.AlarmDescription ?? alarm.NewStateReason,
    fingerprint: shortHash(identity),
    group: [identity],
    status: alarm.NewStateValue === 'ALARM' ? 'firing' : 'resolved',
    startedAt: alarm.StateChangeTime,
    // The message that ends an alarm does not say when it began.
    startUnknown: true,
    endedAt: alarm.StateChangeTime,
    labels: {
      ...present({
        service: SERVICE_DIMENSIONS.map((dimension) => dimensions[dimension]).find(Boolean),
        instance: dimensions['InstanceId'],
        region,
        account,
        metric: metrics.map((one) => one?.MetricName).find(Boolean),
        metric_namespace: metrics.map((one) => one?.Namespace).find(Boolean),
      }),
      ...dimensions,
    },
    annotations: present({
      description: alarm.AlarmDescription,
      reason: alarm.NewStateReason,
      children: children.join(', '),
    }),
    hints: [
      ...metrics.map((one) => one?.MetricName),
      ...(alarm.Trigger?.Metrics ?? []).map((one) => one.Label),
      ...children,
      alarm.AlarmDescription,
    ],
    links: [['CloudWatch alarm', consoleUrl(alarm)]],
  };
}

/** The alarms that set off an alarm of other alarms, by name, as far as they are not over. */
function childrenOf({ TriggeringChildren: children }: CloudwatchAlarm): string[] {
  return (children ?? [])
    .filter(({ State: state }) => state.Value === 'ALARM')
    .map(({ Arn: arn }) => arn.slice(arn.indexOf(':alarm:') + ':alarm:'.length));
}

function dimensionsOf({ Trigger: trigger }: CloudwatchAlarm): Record<string, string> {
  const all = [
    ...(trigger?.Dimensions ?? []),
    ...(trigger?.Metrics ?? []).flatMap((one) => one.MetricStat?.Metric.Dimensions ?? []),
  ];
  return present(Object.fromEntries(all.map(({ name, value }) => [name, value])));
}

/** The alarm in the console: the ARN says in which region. */
function consoleUrl({ AlarmArn: arn, AlarmName: name }: CloudwatchAlarm): string | undefined {
  const region = /^arn:aws:cloudwatch:([a-z0-9-]+):/.exec(arn ?? '')?.[1];
  if (region === undefined) return undefined;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`;
}
